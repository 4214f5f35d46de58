import type { MonotonicClock } from '../../kernel/index.ts';
import type { Timers } from './timers.ts';

/** What has a deadline. */
export interface Awaited {
  /** It needs no deadline any more. */
  readonly done: boolean;
  /** Called once, and only while it is not done. */
  expire(): void;
}

/** One deadline for all, so that one timer is enough: who came first is late first. */
export interface DeadlineQueue {
  /** @param now the moment from which on it is awaited, monotonic ms; never before the last one's */
  add(awaited: Awaited, now: number): void;
}

interface Place {
  readonly awaited: Awaited;
  readonly at: number;
}

/** How many places that are no longer needed are kept before they are thrown out. */
const SLACK = 1024;

/** Makes one for a deadline of `deadlineMs`. */
export function createDeadlineQueue(deadlineMs: number, clock: MonotonicClock, timers: Timers): DeadlineQueue {
  let places: Place[] = [];
  let first = 0;
  let waiting = false;

  /** Throws out what is done at the front; the next deadline, where there is one. */
  function next(): number | undefined {
    while (places[first]?.awaited.done) first++;
    if (first > SLACK || first === places.length) {
      places = places.slice(first);
      first = 0;
    }
    return places[first]?.at;
  }
  function look(): void {
    const now = clock();
    for (let at = next(); at !== undefined && at <= now; at = next()) {
      const place = places[first++];
      if (!place?.awaited.done) place?.awaited.expire();
    }
    waiting = false;
    wait(now);
  }
  function wait(now: number): void {
    const at = next();
    if (waiting || at === undefined) return;
    waiting = true;
    // a loop that stood still reads its sockets before anybody is told that no answer came
    timers.after(Math.max(0, at - now), () => timers.soon(look));
  }

  return {
    add(awaited, now) {
      places.push({ awaited, at: now + deadlineMs });
      wait(now);
    },
  };
}
