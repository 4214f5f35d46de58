/** Begins and ends something once, whoever asks how often. */
export interface Lifecycle {
  /** A call while it is begun is the same start. One that fails has ended again, and may be repeated. */
  start(): Promise<void>;
  /** Waits for a start that is under way. Does nothing where nothing is begun. */
  stop(): Promise<void>;
}

/** Makes it of the two steps. `end` is also called after a `begin` that failed halfway. */
export function createLifecycle(begin: () => Promise<void>, end: () => Promise<void>): Lifecycle {
  let running: Promise<void> | undefined;
  return {
    start() {
      running ??= begin().catch(async (error: unknown) => {
        await end().catch(() => {}); // why it did not begin is what its caller must know
        running = undefined;
        throw error;
      });
      return running;
    },
    async stop() {
      const started = running;
      await started?.catch(() => {}); // its caller is told
      if (!started || running !== started) return; // it failed, or another stop was first
      running = undefined;
      await end();
    },
  };
}
