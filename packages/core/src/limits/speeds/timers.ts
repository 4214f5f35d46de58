/** How this process waits; tests bring their own. */
export interface Timers {
  /** Calls once, after so many ms; the answer cancels it. */
  after(ms: number, run: () => void): () => void;
  /** Calls once this turn of the event loop is over, with all that the sockets had to tell in it. */
  soon(run: () => void): void;
}

/** The timers of this process. */
export const processTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  soon(run) {
    setImmediate(run);
  },
};
