import { type Clock, type Duration, durationMs } from '@castellan/core/kernel';

/** A clock that stands still until it is told otherwise. */
export interface ManualClock extends Clock {
  /** Moves it by milliseconds or a duration (`'10s'`), and tells the new time. */
  advance(by: number | Duration): number;
  /** Sets it, Unix ms. Going backwards is allowed: clocks do. */
  set(unixMs: number): void;
}

/**
 * Makes a {@link ManualClock}.
 *
 * @param startMs Unix ms; by default a moment in 2026
 */
export function manualClock(startMs: number = Date.UTC(2026, 0, 5, 12)): ManualClock {
  let now = startMs;
  return Object.assign((): number => now, {
    advance(by: number | Duration): number {
      now += typeof by === 'number' ? by : durationMs(by, 'advance');
      return now;
    },
    set(unixMs: number): void {
      now = unixMs;
    },
  });
}
