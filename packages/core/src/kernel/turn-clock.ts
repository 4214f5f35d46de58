import { setImmediate } from 'node:timers';
import { type MonotonicClock, monotonicClock } from './clock.ts';

/** Calls back when this turn of the event loop is over. */
export type AfterTurn = (act: () => void) => void;

/**
 * A clock, by default the monotonic one, that is read once in a turn of the event loop, for all the requests that the turn
 * brings: they were there before it began. A reading costs a request up to 1 µs, as it finds the caches cold, and so it is
 * the nearer to its arrival.
 *
 * Not for what must notice how long the turn itself takes: a deadline, a gap.
 */
export function turnClock(clock: MonotonicClock = monotonicClock, afterTurn: AfterTurn = setImmediate): MonotonicClock {
  let now: number | undefined;
  const forget = (): void => {
    now = undefined;
  };
  return () => {
    if (now === undefined) {
      now = clock();
      afterTurn(forget);
    }
    return now;
  };
}
