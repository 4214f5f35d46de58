import type { LimitBucket } from '../limit-store.ts';

/** One text for checks that take the same of the same budgets: such may be asked about together. */
export function signatureOf(buckets: readonly LimitBucket[]): string {
  const first = buckets[0];
  if (buckets.length === 1 && first?.cost === 1) return first.key;
  let text = '';
  for (const { key, cost } of buckets) text += `${cost} ${key.length} ${key}`;
  return text;
}
