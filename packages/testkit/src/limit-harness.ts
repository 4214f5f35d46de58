import type { LimitBucket, LimitStore } from '@castellan/core/limits';

/**
 * What `limitStoreCases` run against. Cases share the counts: each makes keys of its own, leaves them behind, and may
 * run beside others.
 */
export interface LimitHarness {
  /**
   * Three processes, or more: each its own client or pool, all over the same counts. A store that lives in one process
   * is given three times.
   */
  readonly instances: readonly [LimitStore, LimitStore, LimitStore, ...LimitStore[]];
  /** A store whose clock is `now`, in whole microseconds. Called often: clients and pools are shared. */
  timed(now: () => number): LimitStore;
  /** Rounds of each racing case; default 100. */
  readonly rounds?: number;
  /** Random sequences that are compared with the reference model; default 10,000. */
  readonly sequences?: number;
  /**
   * Partitions are decided on one after the other, each in a step of its own: checks of one call that share budgets may
   * then see what another one is about to give back.
   */
  readonly apart?: boolean;
  /**
   * Moves the clock of this process, not the store's, until the answer is called; `skewDate` does it. Left out where the
   * process's clock is the store's.
   */
  skewAppClock?(offsetMs: number): () => void;
  /** Whether something is kept for a budget. Left out, the cases that need it ask the store itself. */
  keeps?(bucket: LimitBucket): Promise<boolean>;
  /** Puts what is no count where a budget's count is kept. Left out where nobody can. */
  spoil?(bucket: LimitBucket): Promise<void>;
}
