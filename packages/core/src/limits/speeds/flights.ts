import { type MonotonicClock, StoreUnavailableError } from '../../kernel/index.ts';
import type { LimitAnswer, LimitBucket, LimitCheck, LimitStore } from '../limit-store.ts';
import type { Breaker } from './breaker.ts';
import type { DeadlineQueue, Pending } from './deadline-queue.ts';
import type { DenyCache } from './deny-cache.ts';
import type { Leases } from './leases.ts';
import type { Timers } from './timers.ts';

/** A check on its way to the store. */
export interface Asked {
  readonly signature: string;
  readonly buckets: readonly LimitBucket[];
  /** Whether more may be asked for than it needs. */
  readonly leased: boolean;
}

/** One who waits for an answer. */
export interface Passenger extends Pending {
  done: boolean;
  readonly times: number;
  /** `undefined`: the store has not answered in time. */
  readonly settle: (answer: LimitAnswer | undefined) => void;
  readonly fail: (error: unknown) => void;
}

/** Brings checks to the store, as few calls as can be. */
export interface Flights {
  /** @param now monotonic ms */
  ask(asked: Asked, one: Passenger, now: number): void;
  /** Asks for a lease in the background; does nothing where the store is being asked about these buckets. */
  refill(asked: Asked): void;
}

/** What {@link createFlights} is made from. */
export interface FlightsOptions {
  readonly store: LimitStore;
  readonly deadlines: DeadlineQueue;
  readonly breaker: Breaker;
  readonly denyCache: DenyCache;
  readonly leases: Leases;
  readonly clock: MonotonicClock;
  readonly timers: Timers;
}

/** All who wait for the same. */
interface Group {
  readonly asked: Asked;
  readonly passengers: Passenger[];
}

/** A group on its way. */
interface Leg extends Group {
  readonly check: LimitCheck;
}

/**
 * Makes them. All checks of one turn of the event loop are one call. While a budget is in one call it is in no other:
 * checks that arrive meanwhile wait for the next one, and there those that are equal are one check of n, of whom as many
 * pass as fit, in the order in which they came. Who came earlier is not overtaken on any of its budgets, so that a check
 * of several budgets gets its turn too.
 */
export function createFlights(options: FlightsOptions): Flights {
  const { store, deadlines, breaker, denyCache, leases, clock, timers } = options;
  const waiting = new Map<string, Group>();
  const busy = new Set<string>();
  let planned = false;

  function plan(): void {
    if (planned || waiting.size === 0) return;
    planned = true;
    timers.soon(depart);
  }

  function groupOf(asked: Asked): Group {
    const known = waiting.get(asked.signature);
    if (known) return known;
    const group: Group = { asked, passengers: [] };
    waiting.set(asked.signature, group);
    return group;
  }

  function depart(): void {
    planned = false;
    if (breaker.isOpen) {
      for (const { passengers } of waiting.values()) settleAll(passengers);
      waiting.clear();
      return;
    }
    const now = clock();
    const legs: Leg[] = [];
    const awaited = new Set<string>();
    for (const [signature, { asked, passengers }] of waiting) {
      if (asked.buckets.some(({ key }) => busy.has(key) || awaited.has(key))) {
        for (const { key } of asked.buckets) awaited.add(key);
        continue;
      }
      waiting.delete(signature);
      const present = passengers.some(({ done }) => done) ? passengers.filter(({ done }) => !done) : passengers;
      let times = 0;
      for (const one of present) times += one.times;
      if (asked.leased) times += leases.wanted(signature, times, now);
      if (times > 0) legs.push({ asked, passengers: present, check: { buckets: asked.buckets, times } });
    }
    if (legs.length > 0) void fly(legs, now);
  }

  async function fly(legs: readonly Leg[], sentAt: number): Promise<void> {
    const keys = legs.flatMap(({ asked }) => asked.buckets.map(({ key }) => key));
    for (const key of keys) busy.add(key);
    try {
      const answers = await deadlines.inTime(() => store.consume(legs.map(({ check }) => check)), sentAt);
      for (const [i, leg] of legs.entries()) {
        const answer = answers[i];
        if (!answer) throw new TypeError('a limit store answers each check');
        land(leg, answer, sentAt);
      }
      breaker.succeeded();
    } catch (error) {
      const isAway = error instanceof StoreUnavailableError;
      for (const { passengers } of legs)
        if (isAway) settleAll(passengers);
        else failAll(passengers, error);
      if (isAway) breaker.failed(error);
    } finally {
      for (const key of keys) busy.delete(key);
      plan();
    }
  }

  function land({ asked, passengers }: Leg, answer: LimitAnswer, sentAt: number): void {
    const { signature, buckets, leased } = asked;
    const now = clock();
    denyCache.learn(buckets, answer, sentAt);
    let left = answer.granted;
    for (const one of passengers) {
      const granted = Math.min(one.times, left);
      left -= granted;
      settleOne(one, { granted, buckets: statesBefore(left, buckets, answer), at: answer.at });
    }
    if (leased) leases.keep({ signature, buckets, answer, passed: answer.granted - left, sentAt }, now);
    // what was learned is an answer to those who came meanwhile
    const line = leased ? leases.line(signature) : undefined;
    for (const one of waiting.get(signature)?.passengers ?? []) {
      if (one.done) continue;
      const served = line && leases.take(line, one.times, now);
      const known = served ?? denyCache.refusal(buckets, now);
      if (!known) break;
      settleOne(one, known);
    }
  }

  return {
    ask(asked, one, now) {
      groupOf(asked).passengers.push(one);
      deadlines.add(one, now);
      plan();
    },
    refill(asked) {
      if (waiting.has(asked.signature) || asked.buckets.some(({ key }) => busy.has(key))) return;
      groupOf(asked);
      plan();
    },
  };
}

/** Makes one who waits. */
export function passenger(times: number, settle: Passenger['settle'], fail: Passenger['fail']): Passenger {
  const one: Passenger = { done: false, lateAt: 0, times, settle, fail, expire: () => settleOne(one, undefined) };
  return one;
}

function settleOne(one: Passenger, answer: LimitAnswer | undefined): void {
  if (one.done) return;
  one.done = true;
  one.settle(answer);
}

function settleAll(passengers: readonly Passenger[]): void {
  for (const one of passengers) settleOne(one, undefined);
}

function failAll(passengers: readonly Passenger[], error: unknown): void {
  for (const one of passengers) {
    if (one.done) continue;
    one.done = true;
    one.fail(error);
  }
}

/** The budgets as they were when so many of those who were granted had not passed yet. */
function statesBefore(count: number, buckets: readonly LimitBucket[], answer: LimitAnswer): LimitAnswer['buckets'] {
  if (count === 0) return answer.buckets;
  return answer.buckets.map(({ remaining, resetMs }, i) => ({
    remaining: remaining + count * (buckets[i]?.cost ?? 0),
    resetMs,
    retryMs: 0,
  }));
}
