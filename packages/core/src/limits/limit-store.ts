/**
 * How permits are spent and come back. Whole numbers, times in microseconds: every store decides the same.
 *
 * `window`: never more than `limit` within any `windowUs`. Kept in 16 sub-windows of `ceil(windowUs / 16)`, counted from
 * the epoch: what was spent in sub-window i is back when sub-window i + 17 begins, after at least the window and at most
 * 17/16 of it. `rate`: GCRA, one permit each `intervalUs` and `burst` at once. `quota`: `limit` in each window of the
 * calendar (UTC, from the epoch).
 */
export type LimitRule =
  | { readonly kind: 'window'; readonly limit: number; readonly windowUs: number }
  | { readonly kind: 'rate'; readonly intervalUs: number; readonly burst: number }
  | { readonly kind: 'quota'; readonly limit: number; readonly windowUs: number };

/** One budget of one caller. */
export interface LimitBucket {
  /** Names policy, rule and partition; an HMAC, never raw input. One key always comes with one rule. */
  readonly key: string;
  /** The caller's part of it, an HMAC too: buckets of one partition share a slot of a Redis Cluster. */
  readonly partition: string;
  readonly rule: LimitRule;
  /** Permits that one request takes, a whole number. 0 looks and writes nothing. */
  readonly cost: number;
}

/** Equal requests that want to pass: each is charged to all of its buckets or to none. */
export interface LimitCheck {
  /** No two with one key. */
  readonly buckets: readonly LimitBucket[];
  /** How many ask together; the store lets as many pass as fit. At least 1. */
  readonly times: number;
}

/** A budget after the decision. */
export interface BucketState {
  /** Permits left. */
  readonly remaining: number;
  /** Until all permits are back, ms, rounded up. 0: they are. */
  readonly resetMs: number;
  /** Until one more request of this cost fits, ms, rounded up. 0: now. `Infinity`: the cost is above the limit. */
  readonly retryMs: number;
}

/** What became of a check. */
export interface LimitAnswer {
  /** How many of `times` may pass. */
  readonly granted: number;
  /** In the order of the check's buckets. */
  readonly buckets: readonly BucketState[];
  /** When it was decided, by the store's clock, µs. */
  readonly at: number;
}

/** A check of which `times` are given back. */
export interface TakenPermits extends LimitCheck {
  /**
   * `at` of the answer that granted them: permits of a `window` or a `quota` that are back by themselves since then are not
   * given back twice. Those of a `rate` no store can tell apart: give back what still is taken.
   */
  readonly at: number;
  /** The buckets as they were asked about, where less than that is given back. */
  readonly asked?: readonly LimitBucket[];
}

/**
 * Counts. Answers with values where the decision is local and with a promise where it isn't; rejects with
 * `StoreUnavailableError` when the store is away, and for nothing else.
 */
export interface LimitStore {
  /**
   * Decides on several checks, each in one atomic step, by the store's own clock.
   * On a Redis Cluster a check whose buckets have different partitions takes one step for each slot: what an earlier
   * one took is given back when a later one refuses.
   *
   * @param deadlineMs how long the caller waits: what is later must not be carried out, where a store can tell
   */
  consume(checks: readonly LimitCheck[], deadlineMs?: number): readonly LimitAnswer[] | Promise<readonly LimitAnswer[]>;
  /**
   * Divides checks into those that one server decides on together: each part is then a call of its own, so that a server
   * that is away fails nobody but its own callers. Left out: all are one call.
   */
  apart?(checks: readonly LimitCheck[]): readonly (readonly LimitCheck[])[];
  /**
   * Gives back what checks took: a sign-in that succeeded. Never more than was taken: `window` and `quota` take it out of
   * the (sub-)window of `at` when that still counts, `rate` goes back by `cost × times` intervals, at most to full.
   */
  giveBack(taken: readonly TakenPermits[], deadlineMs?: number): void | Promise<void>;
}
