import type { LimitBucket } from '../limit-store.ts';

/** `recentlyDebited` says why it must be more than nine. */
const LIVES_IN_WINDOW = 10;

/** The shortest window of all, ms; `NaN` where one of them is not for leases, or so small that none is ever worth it. */
export function leasableWindowMs(buckets: readonly LimitBucket[], maxError: number): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (const { rule, cost } of buckets) {
    if (rule.kind === 'quota' || cost === 0) return Number.NaN;
    if ((rule.kind === 'rate' ? rule.burst : rule.limit) * maxError < 2 * cost) return Number.NaN;
    const windowUs = rule.kind === 'rate' ? rule.burst * rule.intervalUs : rule.windowUs;
    shortest = Math.min(shortest, windowUs / 1000);
  }
  return shortest;
}

/** How long a permit may be kept once it was paid, ms. */
export function leaseMsOf(buckets: readonly LimitBucket[], maxError: number): number {
  const lives = buckets.map(({ rule }) => {
    if (rule.kind === 'rate') return (rule.burst * rule.intervalUs * maxError) / 1000;
    return rule.windowUs / 1000 / (rule.kind === 'window' ? LIVES_IN_WINDOW : 1);
  });
  return Math.min(...lives);
}
