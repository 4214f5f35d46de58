import { type MonotonicClock, StoreUnavailableError } from '../../kernel/index.ts';
import type { Timers } from './timers.ts';

/** What has a deadline. */
export interface Pending {
  /** It needs no deadline any more. */
  readonly done: boolean;
  /** The queue's own: its deadline, monotonic ms. */
  lateAt: number;
  /** Called once with itself, and only while it is not done. */
  readonly expire: (self: Pending) => void;
}

/** One deadline for all, so that one timer is enough: who came first is late first. */
export interface DeadlineQueue {
  /** @param now the moment from which on it is awaited, monotonic ms; never before the last one's */
  add(pending: Pending, now: number): void;
  /**
   * Waits for a store, which is told for how long; what it answers later is dropped.
   *
   * @throws StoreUnavailableError when nothing came in time
   */
  inTime<T>(ask: (deadlineMs: number) => T | Promise<T>, now: number): Promise<T>;
}

/** With fewer places than this, none is thrown out before its time. */
const LEAST_PLACES = 1024;

/** Makes one for a deadline of `deadlineMs`. */
export function createDeadlineQueue(deadlineMs: number, clock: MonotonicClock, timers: Timers): DeadlineQueue {
  let places: (Pending | undefined)[] = [];
  let first = 0;
  let size = 0;
  let most = LEAST_PLACES;
  let waiting = false;

  /** The next deadline, where there is one. Who is done is let go of, mostly in the order in which they came. */
  function next(): number | undefined {
    while (first < size && places[first]?.done) places[first++] = undefined;
    if (first < size) return places[first]?.lateAt;
    first = 0;
    size = 0;
    return undefined;
  }
  /** Throws out what is done. */
  function tidy(): void {
    places = places.filter((one, i) => one && i >= first && i < size && !one.done);
    first = 0;
    size = places.length;
    most = Math.max(LEAST_PLACES, size * 2);
  }
  function look(): void {
    const now = clock();
    for (let at = next(); at !== undefined && at <= now; at = next()) {
      const one = places[first++];
      one?.expire(one);
    }
    tidy();
    waiting = false;
    wait(now);
  }
  function wait(now: number): void {
    if (waiting) return;
    const at = next();
    if (at === undefined) return;
    waiting = true;
    // a loop that stood still reads its sockets before anybody is told that no answer came
    timers.after(Math.max(0, Math.ceil(at - now)), () => timers.soon(look));
  }

  function add(pending: Pending, now: number): void {
    pending.lateAt = now + deadlineMs;
    next();
    places[size++] = pending;
    if (size > most) tidy();
    wait(now);
  }

  return {
    add,
    inTime(ask, now) {
      return new Promise((resolve, reject) => {
        const pending = {
          done: false,
          lateAt: 0,
          expire: () => reject(new StoreUnavailableError('limits', `no answer within ${deadlineMs} ms`)),
        };
        add(pending, now);
        const settle = (): void => {
          pending.done = true;
        };
        const asked = async () => ask(deadlineMs);
        asked().finally(settle).then(resolve, reject);
      });
    },
  };
}
