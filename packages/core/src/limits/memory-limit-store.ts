import { systemClock } from '../kernel/index.ts';
import type { Ledger } from './ledger.ts';
import type { BucketState, LimitAnswer, LimitBucket, LimitCheck, LimitStore, TakenPermits } from './limit-store.ts';
import type { Shelf } from './shelf.ts';
import { shelfTable } from './shelf-table.ts';

/** What {@link memoryLimitStore} takes. */
export interface MemoryLimitStoreOptions {
  /**
   * Callers that are counted at once by one rule. Default 100,000: at most 100 bytes each beside their keys; 130 under a
   * `window` once one of them has taken more than 65,535 permits in it.
   */
  readonly maxSubjects?: number;
  /** For tests: the time in whole microseconds. */
  readonly now?: () => number;
}

/** Counts in this process; answers at once. */
export interface MemoryLimitStore extends LimitStore {
  /** Nothing needs to stand before it that saves calls. */
  readonly local: true;
  consume(checks: readonly LimitCheck[]): readonly LimitAnswer[];
  giveBack(taken: readonly TakenPermits[]): void;
  /** Callers that have a count now, of all rules. */
  readonly size: number;
}

/**
 * Counts in memory: for one process, and what stands in while a distributed store is away.
 *
 * Bounded: with `maxSubjects` counted by one rule, a new one takes the place of one whose permits are all back, else of
 * the one that was charged longest ago and was not refused. When all were refused, a new one is refused as well.
 *
 * @throws TypeError when `maxSubjects` is no whole number above 0
 */
export function memoryLimitStore({ maxSubjects = 100_000, now }: MemoryLimitStoreOptions = {}): MemoryLimitStore {
  if (!(Number.isInteger(maxSubjects) && maxSubjects > 0 && maxSubjects < 2 ** 31))
    throw new TypeError(`maxSubjects must be a whole number above 0, not ${maxSubjects}`);
  const clock = forwardOnly(now ?? (() => systemClock() * 1000));
  const shelfOf = shelfTable(maxSubjects, () => void store.size++);
  // of the check that is being decided, by bucket
  const shelves: Shelf[] = [];
  const slots: (number | undefined)[] = [];

  function decide({ buckets, times }: LimitCheck, at: number): LimitAnswer {
    const only = buckets[0];
    if (buckets.length !== 1 || only === undefined) return decideAll(buckets, times, at);
    const { key, rule, cost } = only;
    const shelf = shelfOf(rule);
    const { ledger } = shelf;
    let slot = shelf.find(key);
    if (slot === undefined) {
      if (cost > 0 && cost <= ledger.limit) slot = shelf.place(key, at);
      if (slot === undefined) return { granted: cost === 0 ? times : 0, buckets: [unspent(ledger, cost)], at };
    }
    const answer = ledger.take(slot, cost, times, at);
    if (answer.granted < times) shelf.refused(slot);
    return answer;
  }

  function decideAll(buckets: readonly LimitBucket[], times: number, at: number): LimitAnswer {
    let granted = times;
    for (let i = 0; i < buckets.length; i++) {
      const { key, rule, cost } = buckets[i] as LimitBucket;
      const shelf = shelfOf(rule);
      const slot = shelf.find(key);
      shelves[i] = shelf;
      slots[i] = slot;
      const left = slot === undefined ? shelf.ledger.limit : shelf.ledger.remaining(slot, at);
      if (left >= cost * times) continue;
      granted = Math.min(granted, Math.max(0, Math.floor(left / cost)));
      shelf.refused(slot);
    }
    if (granted > 0 && !chargeAll(buckets, granted, at)) granted = 0;
    const states: BucketState[] = [];
    for (let i = 0; i < buckets.length; i++)
      states.push(stateOf(shelves[i] as Shelf, slots[i], (buckets[i] as LimitBucket).cost, at));
    return { granted, buckets: states, at };
  }

  /** All or nothing: false when one of them has no room. */
  function chargeAll(buckets: readonly LimitBucket[], times: number, at: number): boolean {
    for (let i = 0; i < buckets.length; i++) {
      const { key, cost } = buckets[i] as LimitBucket;
      if (cost === 0) continue;
      const shelf = shelves[i] as Shelf;
      if (slots[i] === undefined) {
        shelf.place(key, at);
        // one of the others may have made room for it
        for (let j = 0; j < buckets.length; j++) slots[j] = shelves[j]?.find((buckets[j] as LimitBucket).key);
      }
      const slot = slots[i];
      if (slot === undefined) {
        undo(buckets.slice(0, i), times, at, at);
        return false;
      }
      shelf.ledger.charge(slot, cost * times, at);
    }
    return true;
  }

  function undo(buckets: readonly LimitBucket[], times: number, takenAt: number, at: number): void {
    for (const { key, rule, cost } of buckets) {
      const shelf = shelfOf(rule);
      const slot = shelf.find(key);
      if (slot !== undefined) shelf.ledger.giveBack(slot, cost * times, takenAt, at);
    }
  }

  // `size` is no getter: objects that have one are dictionaries to V8, and each call of `consume` would be looked up
  const store = {
    local: true as const,
    size: 0,
    consume(checks: readonly LimitCheck[]): readonly LimitAnswer[] {
      const at = clock();
      const only = checks[0];
      return checks.length === 1 && only ? [decide(only, at)] : checks.map((check) => decide(check, at));
    },
    giveBack(taken: readonly TakenPermits[]): void {
      const at = clock();
      for (const { buckets, times, at: takenAt } of taken) undo(buckets, times, takenAt, at);
    },
  };
  return store;
}

function stateOf({ ledger }: Shelf, slot: number | undefined, cost: number, at: number): BucketState {
  return slot === undefined ? unspent(ledger, cost) : ledger.state(slot, cost, at);
}

function unspent({ limit }: Ledger, cost: number): BucketState {
  return { remaining: limit, resetMs: 0, retryMs: cost > limit ? Number.POSITIVE_INFINITY : 0 };
}

/** A wall clock that was set back would refuse callers for as long as it was set back by: that step is added again. */
function forwardOnly(clock: () => number): () => number {
  // numbers in an array need no object each time they change
  const seen = Float64Array.of(0, 0);
  return () => {
    const now = clock();
    const last = seen[0] ?? 0;
    if (now < last) seen[1] = (seen[1] ?? 0) + last - now;
    seen[0] = now;
    return now + (seen[1] ?? 0);
  };
}
