import type { BucketState, LimitBucket } from '@castellan/core/limits';
import { readTextOrNull } from './driver/columns.ts';
import { limitNumbers } from './sql/limit-buckets.ts';
import { COUNT_FROM } from './sql/limit-decision.ts';

/** The numbers of a stored count; none where there is none. */
export function limitSlots(slots: unknown): readonly number[] {
  const text = readTextOrNull(slots);
  return text ? text.split(' ').map(Number) : [];
}

/** How a budget stands by its stored count. */
export function limitBudget({ rule, cost }: LimitBucket, slots: readonly number[], now: number): BucketState {
  const { kind, limit, span } = limitNumbers(rule);
  const numbers = slots[0] === kind && slots[1] === span ? slots.slice(COUNT_FROM - 1) : [];
  if (kind === 1) {
    const used = Math.min(limit * span, Math.max(0, (numbers[0] ?? 0) - now));
    const over = Math.max(0, used + (cost - limit) * span);
    return stateOf(
      Math.floor((limit * span - used) / span),
      used,
      cost > limit ? Number.POSITIVE_INFINITY : over,
      cost,
    );
  }
  const at = Math.floor(now / span);
  const [newest, leaves] = kind === 0 ? [at + 17, 17] : [at + 2, 1];
  const oldest = kind === 0 ? at - 16 : at;
  let total = 0;
  let resetUs = 0;
  const counts: { readonly count: number; readonly backUs: number }[] = [];
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    const index = numbers[i] ?? 0;
    const count = numbers[i + 1] ?? 0;
    if (index < oldest || index >= newest || count === 0) continue;
    total += count;
    resetUs = (index + leaves) * span - now;
    counts.push({ count, backUs: resetUs });
  }
  const remaining = Math.max(0, limit - total);
  let retryUs = cost > limit ? Number.POSITIVE_INFINITY : 0;
  let lack = total + cost - limit;
  for (const { count, backUs } of counts) {
    if (lack <= 0 || cost > limit) break;
    lack -= count;
    retryUs = backUs;
  }
  return stateOf(remaining, resetUs, retryUs, cost);
}

function stateOf(remaining: number, resetUs: number, retryUs: number, cost: number): BucketState {
  return { remaining, resetMs: Math.ceil(resetUs / 1000), retryMs: cost === 0 ? 0 : Math.ceil(retryUs / 1000) };
}
