import { type MonotonicClock, StoreUnavailableError } from '../../kernel/index.ts';
import type { LimitAnswer, LimitBucket, LimitCheck, LimitStore } from '../limit-store.ts';
import type { Breaker } from './breaker.ts';
import type { DeadlineQueue } from './deadline-queue.ts';
import type { DenyCache } from './deny-cache.ts';
import { type Asked, carries, type Flight, flightOf, type Group, groupsOf } from './flight.ts';
import type { Leases } from './leases.ts';
import { failAll, type Passenger, settleAll, settleOne } from './passenger.ts';
import type { Timers } from './timers.ts';

/** Brings checks to the store, as few calls as can be. */
export interface Flights {
  /** @param now monotonic ms */
  ask(asked: Asked, one: Passenger, now: number): void;
  /**
   * Asks for a lease in the background; does nothing where the store is being asked about these buckets.
   *
   * @param withOthers it can wait a little for a call that leaves anyway
   */
  refill(asked: Asked, withOthers: boolean): void;
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

/**
 * So many different checks don't wait for the turn's end: the store decides about them while this process goes on with
 * the turn, where otherwise one of the two would always be waiting for the other.
 */
const FULL = 32;
/** With so many under way the store has enough to do: the rest of the turn is one call. */
const ENOUGH_IN_AIR = 2;
/** How long one that can waits for others, ms. A call costs the process much more than one check in it. */
export const WITH_OTHERS_MS = 10;

/**
 * Makes them. The checks of one turn of the event loop are one call, or one for each of the store's servers; of many the
 * first ones leave before. While a budget is in one call it is in no other: checks that arrive meanwhile wait for the
 * next one, and there those that are equal are one check of n, of whom as many pass as fit, in the order in which they
 * came. Who came earlier is not overtaken on any of its budgets, so that a check of several budgets gets its turn too.
 */
export function createFlights(options: FlightsOptions): Flights {
  const { store, deadlines, breaker, denyCache, leases, clock, timers } = options;
  let waiting = new Map<string, Group>();
  /** No set: one that is added to and deleted from for ever leaves tables behind that keep what was in them from the collector. */
  const inAir: Flight[] = [];
  /** Groups that wait since the last departure. */
  let boarded = 0;
  let planned = false;
  let plannedLate = false;
  let servedAt = Number.NEGATIVE_INFINITY;

  function plan(): void {
    if (planned || waiting.size === 0) return;
    planned = true;
    timers.soon(() => {
      planned = false;
      depart();
    });
  }

  function planLate(): void {
    if (planned || plannedLate) return;
    plannedLate = true;
    timers.after(WITH_OTHERS_MS, () => {
      plannedLate = false;
      plan();
    });
  }

  function isInAir(buckets: readonly LimitBucket[]): boolean {
    for (const flight of inAir) if (carries(flight, buckets)) return true;
    return false;
  }

  function board(asked: Asked, one?: Passenger): void {
    const known = waiting.get(asked.signature);
    if (!known) {
      // with its first: an array that begins empty makes room for many
      waiting.set(asked.signature, { asked, passengers: one ? [one] : [] });
      boarded++;
    } else if (one) known.passengers.push(one);
  }

  function depart(): void {
    boarded = 0;
    const all = waiting;
    waiting = new Map();
    if (breaker.isOpen) {
      for (const { passengers } of all.values()) settleAll(passengers);
      return;
    }
    const now = clock();
    const legs: Group[] = [];
    const checks: LimitCheck[] = [];
    const awaited = new Set<string>();
    for (const [signature, group] of all) {
      const { buckets, leased } = group.asked;
      const isAwaited = awaited.size > 0 && buckets.some(({ key }) => awaited.has(key));
      if (isAwaited || isInAir(buckets)) {
        for (const { key } of buckets) awaited.add(key);
        waiting.set(signature, group);
        continue;
      }
      // who has gone is not asked for, and takes no share of what is granted
      if (group.passengers.some(isGone)) group.passengers = group.passengers.filter((one) => !one.done);
      let times = 0;
      for (const one of group.passengers) times += one.times;
      if (leased) times += leases.wanted(signature, buckets, times, now);
      if (times === 0) continue;
      legs.push(group);
      checks.push({ buckets, times });
    }
    if (legs.length === 0) return;
    const parts = store.apart?.(checks) ?? [checks];
    if (parts.length === 1) {
      const groups = legs.length === all.size ? all : groupsOf(legs);
      void fly(flightOf(groups, legs), legs, checks, now);
      return;
    }
    const legOf = new Map(checks.map((check, i) => [check, legs[i]]));
    for (const part of parts) {
      const own = part.flatMap((check) => legOf.get(check) ?? []);
      void fly(flightOf(groupsOf(own), own), own, part, now);
    }
  }

  async function fly(
    flight: Flight,
    legs: readonly Group[],
    checks: readonly LimitCheck[],
    sentAt: number,
  ): Promise<void> {
    inAir.push(flight);
    try {
      const answers = await deadlines.inTime((deadlineMs) => store.consume(checks, deadlineMs), sentAt);
      for (const [i, leg] of legs.entries()) {
        const answer = answers[i];
        if (!answer) throw new TypeError('a limit store answers each check');
        land(leg, answer, sentAt);
      }
      servedAt = clock();
      breaker.succeeded();
    } catch (error) {
      const isAway = error instanceof StoreUnavailableError;
      for (const { passengers } of legs)
        if (isAway) settleAll(passengers);
        else failAll(passengers, error);
      // where one of several servers is away and others answer meanwhile, those are still worth asking
      if (isAway && !(store.apart && servedAt >= sentAt)) breaker.failed(error);
    } finally {
      inAir.splice(inAir.indexOf(flight), 1);
      plan();
    }
  }

  function land({ asked, passengers }: Group, answer: LimitAnswer, sentAt: number): void {
    const { signature, buckets, leased } = asked;
    denyCache.learn(buckets, answer, sentAt);
    let left = answer.granted;
    for (const one of passengers) {
      const granted = Math.min(one.times, left);
      left -= granted;
      // who has gone meanwhile leaves nothing behind: as a lease its permits would be more than may be leased
      if (one.done) continue;
      const isAll = left === 0 && granted === answer.granted;
      settleOne(one, isAll ? answer : { granted, buckets: statesBefore(left, buckets, answer), at: answer.at });
    }
    const now = clock();
    if (leased) leases.keep({ signature, buckets, answer, passed: answer.granted - left, sentAt }, now);
    // what was learned is an answer to those who came meanwhile
    const meanwhile = waiting.size > 0 ? waiting.get(signature) : undefined;
    if (!meanwhile) return;
    const line = leased ? leases.lineOf(signature) : 0;
    for (const one of meanwhile.passengers) {
      if (one.done) continue;
      const served = line === 0 ? undefined : leases.take(line, one.times, now);
      const known = served ?? denyCache.refusal(buckets, now);
      if (!known) break;
      settleOne(one, known);
    }
  }

  return {
    ask(asked, one, now) {
      board(asked, one);
      deadlines.add(one, now);
      if (boarded >= FULL && inAir.length < ENOUGH_IN_AIR) depart();
      else plan();
    },
    refill(asked, withOthers) {
      if (waiting.has(asked.signature) || isInAir(asked.buckets)) return;
      board(asked);
      if (withOthers && boarded < FULL) planLate();
      else plan();
    },
  };
}

const isGone = ({ done }: Passenger): boolean => done;

/** The budgets as they were when so many of those who were granted had not passed yet. */
function statesBefore(count: number, buckets: readonly LimitBucket[], answer: LimitAnswer): LimitAnswer['buckets'] {
  if (count === 0) return answer.buckets;
  const only = buckets.length === 1 ? answer.buckets[0] : undefined;
  if (only) {
    const { remaining, resetMs } = only;
    return [{ remaining: remaining + count * (buckets[0]?.cost ?? 0), resetMs, retryMs: 0 }];
  }
  return answer.buckets.map(({ remaining, resetMs }, i) => ({
    remaining: remaining + count * (buckets[i]?.cost ?? 0),
    resetMs,
    retryMs: 0,
  }));
}
