import type { LimitBucket } from '../limit-store.ts';

/** How long a key is, of the lengths that keys have: looked up, as most checks cost one permit of each budget. */
const LENGTHS: readonly string[] = Array.from({ length: 128 }, (_, length) => `${length} `);

/** One text for checks that take the same of the same budgets: such may be asked about together. */
export function signatureOf(buckets: readonly LimitBucket[]): string {
  const first = buckets[0];
  if (buckets.length === 1 && first?.cost === 1) return first.key;
  let text = '';
  for (const { key, cost } of buckets) {
    if (cost !== 1) text += `${cost}*`;
    text += (LENGTHS[key.length] ?? `${key.length} `) + key;
  }
  return text;
}
