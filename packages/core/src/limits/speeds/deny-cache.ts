import type { BucketState, LimitAnswer, LimitBucket } from '../limit-store.ts';

/** What is remembered of budgets that refuse. */
export interface DenyCache {
  /**
   * The refusal of these buckets, where one of them is known to refuse its cost and the others are known too.
   * Of what was refused at one cost, nothing is known at a lower one.
   */
  refusal(buckets: readonly LimitBucket[], now: number): LimitAnswer | undefined;
  /**
   * Learns from an answer of the store.
   *
   * @param sentAt when it was asked for, monotonic ms
   */
  learn(buckets: readonly LimitBucket[], answer: LimitAnswer, sentAt: number): void;
  /** Permits came back: what was asked for until now tells nothing any more. */
  forget(buckets: readonly LimitBucket[], now: number): void;
}

/** A budget as it was answered. */
interface Known {
  /** Every cost from this one on is refused; `Infinity`: none. */
  readonly cost: number;
  readonly remaining: number;
  /** Until then, monotonic ms. */
  readonly until: number;
  readonly retryAt: number;
  readonly resetAt: number;
  readonly at: number;
  /** Answers asked for until then are not learned from. */
  readonly forgottenAt: number;
}

/**
 * A refusal is asked for again after this long at the latest: another process may have given permits back, and clocks
 * run apart.
 */
const MOST_MS = 1000;
/** `retryMs` is rounded up by less than this. */
const ROUNDING_MS = 1;

/**
 * Makes one. It refuses nothing that the store would grant, unless another process gave something back within the last
 * second, or the store forgot its counts then: a budget that refuses a cost until a time refuses every higher cost until
 * then, whoever else spends from it meanwhile.
 *
 * @param maxKeys budgets that are remembered; the oldest makes room
 */
export function createDenyCache(maxKeys: number): DenyCache {
  const known = new Map<string, Known>();

  function keep(key: string, value: Known): void {
    known.delete(key);
    if (known.size >= maxKeys) {
      const oldest = known.keys().next();
      if (!oldest.done) known.delete(oldest.value);
    }
    known.set(key, value);
  }

  function learnOne({ key, cost }: LimitBucket, state: BucketState, at: number, sentAt: number): void {
    const before = known.get(key);
    const forgottenAt = before?.forgottenAt ?? Number.NEGATIVE_INFINITY;
    if (sentAt <= forgottenAt) return;
    const { remaining, retryMs, resetMs } = state;
    const until = sentAt + Math.min(retryMs > 0 ? retryMs - ROUNDING_MS : MOST_MS, MOST_MS);
    // what is known of a lower cost holds for this one as well
    if (before && before.cost < cost && before.until >= until) return;
    const refusedFrom = retryMs > 0 ? cost : Number.POSITIVE_INFINITY;
    const retryAt = sentAt + retryMs;
    keep(key, { cost: refusedFrom, remaining, until, retryAt, resetAt: sentAt + resetMs, at, forgottenAt });
  }

  return {
    refusal(buckets, now) {
      if (known.size === 0) return undefined;
      let refuser: Known | undefined;
      for (const { key, cost } of buckets) {
        const one = known.get(key);
        if (!one || now >= one.until) return undefined;
        if (cost >= one.cost) refuser = one;
      }
      if (!refuser) return undefined;
      const states = buckets.map(({ key, cost }) => stateAt(known.get(key), cost, now));
      return { granted: 0, buckets: states, at: refuser.at };
    },
    learn(buckets, answer, sentAt) {
      if (!answer.buckets.some(({ retryMs }) => retryMs > 0)) return;
      for (const [i, bucket] of buckets.entries()) {
        const state = answer.buckets[i];
        if (state) learnOne(bucket, state, answer.at, sentAt);
      }
    },
    forget(buckets, now) {
      for (const { key } of buckets)
        keep(key, {
          cost: Number.POSITIVE_INFINITY,
          remaining: 0,
          until: Number.NEGATIVE_INFINITY,
          retryAt: 0,
          resetAt: 0,
          at: 0,
          forgottenAt: now,
        });
    },
  };
}

function stateAt(known: Known | undefined, cost: number, now: number): BucketState {
  if (!known) return { remaining: 0, resetMs: 0, retryMs: 0 };
  const { remaining, resetAt, retryAt } = known;
  return {
    remaining,
    resetMs: Math.max(0, Math.ceil(resetAt - now)),
    retryMs: cost >= known.cost ? Math.max(1, Math.ceil(retryAt - now)) : 0,
  };
}
