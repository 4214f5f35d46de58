import type { LimitPolicy } from './limit-policy.ts';
import type { BucketState, LimitAnswer, LimitBucket, TakenPermits } from './limit-store.ts';

/** One limit and whose permits of it a request spends. */
export interface Charge {
  readonly policy: Pick<LimitPolicy, 'name' | 'rule' | 'manner'>;
  readonly bucket: LimitBucket;
}

/** What a request was charged. */
export interface Taken {
  readonly charges: readonly Charge[];
  readonly answer: LimitAnswer;
  /** By the clock of the limits, ms, before the store was asked. */
  readonly askedAt: number;
}

/**
 * What of a request's permits can be given back after `heldMs`. Those of a `rate` come back by themselves meanwhile, in
 * the order in which they were taken: given back once more they would let twice the burst pass, to who sends a body slowly.
 */
export function stillTaken({ charges, answer }: Taken, heldMs: number): TakenPermits {
  const asked = charges.map(({ bucket }) => bucket);
  const buckets = asked.map((bucket, at) => stillTakenOf(bucket, answer.buckets[at], heldMs));
  return { buckets, times: answer.granted, at: answer.at, asked };
}

function stillTakenOf(bucket: LimitBucket, state: BucketState | undefined, heldMs: number): LimitBucket {
  const { rule, cost } = bucket;
  if (rule.kind !== 'rate' || !state) return bucket;
  const left = Math.ceil(((state.resetMs - heldMs) * 1000) / rule.intervalUs);
  return left >= cost ? bucket : { ...bucket, cost: Math.max(0, left) };
}
