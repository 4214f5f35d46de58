import type { Ledger } from './ledger.ts';
import type { BucketState, LimitAnswer, LimitBucket, LimitCheck, LimitRule, LimitStore } from './limit-store.ts';
import { quotaLedger } from './quota-ledger.ts';
import { rateLedger } from './rate-ledger.ts';
import { createShelf, NO_SLOT, type Shelf } from './shelf.ts';
import { windowLedger } from './window-ledger.ts';

/** What {@link memoryLimitStore} takes. */
export interface MemoryLimitStoreOptions {
  /** Callers that are counted at once by one rule. Default 100,000: at most 100 bytes each beside their keys. */
  readonly maxSubjects?: number;
  /** For tests: the time in whole microseconds. */
  readonly now?: () => number;
}

/** Counts in this process; answers at once. */
export interface MemoryLimitStore extends LimitStore {
  /** Nothing needs to stand before it that saves calls. */
  readonly local: true;
  consume(checks: readonly LimitCheck[]): readonly LimitAnswer[];
  giveBack(...taken: Parameters<LimitStore['giveBack']>): void;
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
  const clock = forwardOnly(now ?? (() => Date.now() * 1000));
  const shelves = shelfTable(maxSubjects);

  function decide({ buckets, times }: LimitCheck, at: number): LimitAnswer {
    const first = buckets[0];
    if (buckets.length === 1 && first) return decideOne(first, times, at);
    let granted = times;
    for (const { key, rule, cost } of buckets) {
      const shelf = shelves.of(rule);
      const slot = shelf.find(key);
      const fits = fitting(shelf.ledger, slot, cost, at);
      if (fits >= times) continue;
      if (fits < granted) granted = fits;
      shelf.refused(slot);
    }
    if (granted > 0 && !chargeAll(buckets, granted, at)) granted = 0;
    const states = buckets.map(({ key, rule, cost }) => {
      const shelf = shelves.of(rule);
      return stateOf(shelf.ledger, shelf.find(key), cost, at);
    });
    return { granted, buckets: states, at };
  }

  function decideOne({ key, rule, cost }: LimitBucket, times: number, at: number): LimitAnswer {
    const shelf = shelves.of(rule);
    const { ledger } = shelf;
    let slot = shelf.find(key);
    if (slot === NO_SLOT && cost > 0 && cost <= ledger.limit) slot = shelf.place(key, at);
    if (slot === NO_SLOT) return { granted: cost === 0 ? times : 0, buckets: [unspent(ledger, cost)], at };
    const answer = ledger.take(slot, cost, times, at);
    if (answer.granted < times) shelf.refused(slot);
    return answer;
  }

  /** All or nothing: false when one of them has no room. */
  function chargeAll(buckets: readonly LimitBucket[], times: number, at: number): boolean {
    const charged: LimitBucket[] = [];
    for (const bucket of buckets) {
      const { key, rule, cost } = bucket;
      if (cost === 0) continue;
      const shelf = shelves.of(rule);
      const slot = shelf.find(key) || shelf.place(key, at);
      if (slot === NO_SLOT) {
        undo(charged, times, at, at);
        return false;
      }
      shelf.ledger.charge(slot, cost * times, at);
      charged.push(bucket);
    }
    return true;
  }

  function undo(buckets: readonly LimitBucket[], times: number, takenAt: number, at: number): void {
    for (const { key, rule, cost } of buckets) {
      const shelf = shelves.of(rule);
      const slot = shelf.find(key);
      if (slot !== NO_SLOT) shelf.ledger.giveBack(slot, cost * times, takenAt, at);
    }
  }

  return {
    local: true,
    consume(checks) {
      const at = clock();
      const only = checks[0];
      return checks.length === 1 && only ? [decide(only, at)] : checks.map((check) => decide(check, at));
    },
    giveBack(taken) {
      const at = clock();
      for (const { buckets, times, at: takenAt } of taken) undo(buckets, times, takenAt, at);
    },
    get size() {
      return shelves.size();
    },
  };
}

function stateOf(ledger: Ledger, slot: number, cost: number, at: number): BucketState {
  return slot === NO_SLOT ? unspent(ledger, cost) : ledger.state(slot, cost, at);
}

function unspent({ limit }: Ledger, cost: number): BucketState {
  return { remaining: limit, resetMs: 0, retryMs: cost > limit ? Number.POSITIVE_INFINITY : 0 };
}

/** How many requests of this cost fit, one after the other. */
function fitting(ledger: Ledger, slot: number, cost: number, now: number): number {
  if (cost === 0) return Number.POSITIVE_INFINITY;
  return Math.floor((slot === NO_SLOT ? ledger.limit : ledger.remaining(slot, now)) / cost);
}

/** One shelf a rule: rules of the same numbers are one, whatever object says them. */
function shelfTable(maxSubjects: number): { of(rule: LimitRule): Shelf; size(): number } {
  const byNumbers = new Map<string, Shelf>();
  const byRule = new WeakMap<LimitRule, Shelf>();
  let lastRule: LimitRule | undefined;
  let lastShelf: Shelf | undefined;
  function find(rule: LimitRule): Shelf {
    const known = byRule.get(rule);
    if (known) return known;
    const name =
      rule.kind === 'rate' ? `rate ${rule.intervalUs} ${rule.burst}` : `${rule.kind} ${rule.limit} ${rule.windowUs}`;
    const shelf = byNumbers.get(name) ?? createShelf(ledgerOf(rule), maxSubjects);
    byNumbers.set(name, shelf);
    byRule.set(rule, shelf);
    return shelf;
  }
  return {
    of(rule) {
      if (rule === lastRule && lastShelf) return lastShelf;
      lastRule = rule;
      lastShelf = find(rule);
      return lastShelf;
    },
    size: () => [...byNumbers.values()].reduce((sum, shelf) => sum + shelf.size, 0),
  };
}

function ledgerOf(rule: LimitRule): Ledger {
  switch (rule.kind) {
    case 'window':
      return windowLedger(rule);
    case 'rate':
      return rateLedger(rule);
    case 'quota':
      return quotaLedger(rule);
  }
}

/** A wall clock that was set back would refuse callers for as long as it was set back by: that step is added again. */
function forwardOnly(clock: () => number): () => number {
  let last = 0;
  let added = 0;
  return () => {
    const now = clock();
    if (now < last) added += last - now;
    last = now;
    return now + added;
  };
}
