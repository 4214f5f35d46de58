import type { Clock } from './clock.ts';

/** A moment on both clocks of this process, ms. */
export interface Moment {
  /** Unix ms. */
  readonly wall: number;
  readonly monotonic: number;
}

/**
 * The store's clock as this process knows it: its own, corrected by the offset that every answer of the store tells.
 * Access tokens carry the store's times, so that processes whose clocks are apart agree on what has expired.
 */
export interface StoreClock {
  /** The store's time now, Unix ms; this process's own until the store has told its. */
  now(): number;
  /** The store's time at a moment of this process's wall clock that was read already: reading it costs 50 ns and more. */
  at(wall: number): number;
  /**
   * Told after each call: the store's clock in it, Unix ms, and when it was sent and answered. Half of what it took is
   * the error.
   */
  observe(storeNow: number, sent: Moment, received: Moment): void;
}

/** By so much more may the wall clock have moved during a call than the monotonic one, ms. */
const MOST_SLEPT_MS = 1_000;
/** What is known for longer than this gives way to a slower answer, ms. */
const GROWN_OLD_MS = 60_000;

/** Makes a {@link StoreClock} over the process's clock. */
export function createStoreClock(clock: Clock): StoreClock {
  let offset = 0;
  let known: { readonly error: number; readonly at: number } | undefined;
  return {
    now: () => clock() + offset,
    at: (wall) => wall + offset,
    observe(storeNow, sent, received) {
      const took = received.monotonic - sent.monotonic;
      // The machine slept, so that the answer may be as old as that, or the clock was set ahead: they look the same.
      // Set back it can only have been set, and does no harm: what follows counts from the moment of the answer.
      if (received.wall - sent.wall - took > MOST_SLEPT_MS) return;
      const error = took / 2;
      const told = storeNow + error - received.wall;
      // a slow answer says less than a quick one, unless that has grown old or can't be true any more
      if (
        known &&
        error > known.error * 2 &&
        received.monotonic - known.at < GROWN_OLD_MS &&
        Math.abs(told - offset) <= error + known.error
      )
        return;
      known = { error, at: received.monotonic };
      offset = told;
    },
  };
}
