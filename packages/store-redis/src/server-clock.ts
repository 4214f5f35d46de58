import type { MonotonicClock } from '@castellan/core/kernel';

/** What is known of the server's clock: enough to tell a script until when its answer is waited for. */
export interface ServerClock {
  /** The server's time as an answer brought it, µs. */
  learn(serverUs: number): void;
  /** The server's time, µs, at most one way through the network behind; `undefined` before the first answer. */
  now(): number | undefined;
}

/** For how long an answer speaks of the server's clock, ms: it may be set, and another server may take over. */
const REMEMBERED_MS = 60_000;

/** Follows a server's clock by its answers. The latest of several servers' clocks counts. */
export function serverClock(clock: MonotonicClock): ServerClock {
  let since = Number.NEGATIVE_INFINITY;
  let before: number | undefined;
  let ahead: number | undefined;
  return {
    learn(serverUs) {
      const at = clock();
      if (at - since > REMEMBERED_MS) {
        since = at;
        before = ahead;
        ahead = undefined;
      }
      // an answer is older than its arrival, so the largest difference is the truest
      ahead = Math.max(ahead ?? Number.NEGATIVE_INFINITY, serverUs - at * 1000);
    },
    now() {
      if (ahead === undefined && before === undefined) return undefined;
      const most = Math.max(ahead ?? Number.NEGATIVE_INFINITY, before ?? Number.NEGATIVE_INFINITY);
      return Math.floor(clock() * 1000 + most);
    },
  };
}
