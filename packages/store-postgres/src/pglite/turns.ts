import type { MonotonicClock } from '@castellan/core/kernel';

/** One at a time, in the order of asking. */
export interface Turns {
  /**
   * Resolves with what ends the turn.
   *
   * @throws Error when the turn has not come after `waitMs`
   */
  take(waitMs: number): Promise<() => void>;
  /** Leaves the event loop its turn, when it has not had one for some milliseconds. */
  breathe(): Promise<void> | undefined;
}

/** How long work may go on in microtasks, ms: as long as it does, no timer fires and no socket is read. */
const BREATH_MS = 4;

/** Makes turns. */
export function createTurns(clock: MonotonicClock): Turns {
  const waiting: (() => void)[] = [];
  let taken = false;
  let lastBreath = clock();

  const end = (): (() => void) => {
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      const next = waiting.shift();
      if (next) next();
      else taken = false;
    };
  };
  return {
    take(waitMs) {
      if (!taken) {
        taken = true;
        return Promise.resolve(end());
      }
      return new Promise((resolve, reject) => {
        const mine = (): void => {
          clearTimeout(timer);
          resolve(end());
        };
        const timer = setTimeout(() => {
          waiting.splice(waiting.indexOf(mine), 1);
          reject(
            new Error(
              `PGlite: no turn within ${waitMs} ms. It has one connection: is a transaction open that waits for a query outside of it?`,
            ),
          );
        }, waitMs);
        waiting.push(mine);
      });
    },
    breathe() {
      if (clock() - lastBreath < BREATH_MS) return undefined;
      return new Promise((resolve) => {
        setImmediate(() => {
          lastBreath = clock();
          resolve();
        });
      });
    },
  };
}
