import { type MonotonicClock, StoreUnavailableError } from '../../kernel/index.ts';
import type { LimitStore, TakenPermits } from '../limit-store.ts';
import type { Breaker } from './breaker.ts';
import type { DeadlineQueue } from './deadline-queue.ts';
import type { DenyCache } from './deny-cache.ts';
import type { Leases } from './leases.ts';
import { signatureOf } from './signature.ts';
import type { Timers } from './timers.ts';

/** What {@link createGiveBacks} is made from. */
export interface GiveBacksOptions {
  readonly store: LimitStore;
  readonly deadlines: DeadlineQueue;
  readonly breaker: Breaker;
  readonly denyCache: DenyCache;
  readonly leases: Leases;
  readonly clock: MonotonicClock;
  readonly timers: Timers;
}

/** Brings back what checks took; all of one turn of the event loop in one call. */
export type GiveBacks = (taken: readonly TakenPermits[]) => void | Promise<void>;

/** Makes it. Where the store is away nothing is brought back and nobody is told: permits come back by themselves. */
export function createGiveBacks(options: GiveBacksOptions): GiveBacks {
  const { store, deadlines, breaker, denyCache, leases, clock, timers } = options;
  let batch: TakenPermits[] = [];
  let sent: Promise<void> | undefined;

  function forget(taken: readonly TakenPermits[]): void {
    for (const { buckets } of taken) denyCache.forget(buckets, clock());
  }
  async function send(): Promise<void> {
    const taken = batch;
    batch = [];
    sent = undefined;
    if (breaker.isOpen) return;
    try {
      await deadlines.inTime((deadlineMs) => store.giveBack(taken, deadlineMs), clock());
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      breaker.failed(error);
    }
    forget(taken); // an answer that came meanwhile may be of before
  }

  return (taken) => {
    if (taken.length === 0 || breaker.isOpen) return;
    forget(taken);
    const now = clock();
    for (const { buckets, asked = buckets, times } of taken) leases.givenBack(signatureOf(asked), times, now);
    batch.push(...taken);
    sent ??= new Promise<void>((resolve) => timers.soon(resolve)).then(send);
    return sent;
  };
}
