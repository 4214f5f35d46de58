import type { Timers } from './timers.ts';

/** A process's time that stands still until it is told otherwise. */
export interface SimulatedTime {
  /** Whole microseconds. */
  readonly now: () => number;
  /** Milliseconds. */
  readonly monotonic: () => number;
  readonly timers: Timers;
  /** Everything that is due happens, and what comes of it, until nothing does. */
  settle(): Promise<void>;
  /** Time passes, from one timer to the next. */
  pass(ms: number): Promise<void>;
}

/** Makes one. */
export function simulatedTime(startUs: number = Date.UTC(2026, 0, 5, 9, 30) * 1000): SimulatedTime {
  let nowUs = startUs;
  let soon: (() => void)[] = [];
  const later = new Set<{ readonly at: number; readonly run: () => void }>();

  async function settle(): Promise<void> {
    do {
      await new Promise(setImmediate); // all that was promised comes true
      const due = soon;
      soon = [];
      for (const run of due) run();
      await new Promise(setImmediate);
    } while (soon.length > 0);
  }
  function earliest(until: number): { readonly at: number; readonly run: () => void } | undefined {
    let found: { readonly at: number; readonly run: () => void } | undefined;
    for (const one of later) if (one.at <= until && (!found || one.at < found.at)) found = one;
    return found;
  }

  return {
    now: () => nowUs,
    monotonic: () => (nowUs - startUs) / 1000,
    timers: {
      after(ms, run) {
        const one = { at: nowUs + Math.round(ms * 1000), run };
        later.add(one);
        return () => later.delete(one);
      },
      soon: (run) => soon.push(run),
    },
    settle,
    async pass(ms) {
      const until = nowUs + Math.round(ms * 1000);
      await settle();
      for (let next = earliest(until); next; next = earliest(until)) {
        nowUs = Math.max(nowUs, next.at);
        // all timers that are due, then all that was put off to the end of the turn
        for (let due = earliest(nowUs); due; due = earliest(nowUs)) {
          later.delete(due);
          due.run();
        }
        await settle();
      }
      nowUs = until;
    },
  };
}
