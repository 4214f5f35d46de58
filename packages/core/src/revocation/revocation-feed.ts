import type { Clock, Moment, MonotonicClock, StoreClock } from '../kernel/index.ts';
import type { RevocationMap } from './revocation-map.ts';
import type { RevocationBatch, RevocationStore } from './revocation-store.ts';
import { withinTime } from './within-time.ts';

/** Brings into the map what other processes revoked. */
export interface RevocationFeed {
  /** Polls once and then on a timer that keeps no process alive. Resolves after the first poll, good or bad. */
  start(): Promise<void>;
  /** Stops; resolves when no poll is under way any more. */
  stop(): Promise<void>;
  /** See `RevocationKnowledge`. */
  ageMs(wall?: number): number;
}

/** What {@link createRevocationFeed} is made from. */
export interface RevocationFeedOptions {
  readonly store: RevocationStore;
  readonly map: RevocationMap;
  readonly clock: Clock;
  readonly monotonic: MonotonicClock;
  /** Tells the age of the knowledge, which each request asks for. Default `monotonic`. */
  readonly turn?: MonotonicClock | undefined;
  /** Is told the store's clock by each good poll. */
  readonly storeClock: StoreClock;
  /** From the sending of one poll to that of the next. Default 1000. */
  readonly pollMs?: number;
  /** After so many milliseconds a poll counts as failed and its answer, should it still come, as nothing. Default 1000. */
  readonly timeoutMs?: number;
  /** Told once when polls begin to fail. */
  readonly onUnavailable?: (error: unknown) => void;
  /** Told once when a poll succeeds again. */
  readonly onRecovered?: () => void;
}

/** What happens between one `start` and its `stop`. */
interface Run {
  stopped: boolean;
  timer?: NodeJS.Timeout;
  polling: Promise<void>;
}

/**
 * Polls the store's feed, one poll at a time. A poll that fails or hangs changes nothing but the age of the knowledge;
 * the next one asks from the same cursor, so nothing is missed.
 */
export function createRevocationFeed(options: RevocationFeedOptions): RevocationFeed {
  const { store, map, clock, monotonic, turn = monotonic, storeClock, pollMs = 1000, timeoutMs = 1000 } = options;
  let cursor: string | null = null;
  let good: Moment | undefined;
  let failing = false;
  let running: Run | undefined;

  const moment = (): Moment => ({ wall: clock(), monotonic: monotonic() });

  async function poll(): Promise<void> {
    const sent = moment();
    try {
      learn(await withinTime(store.poll(cursor), timeoutMs), sent);
    } catch (error) {
      const first = !failing;
      failing = true;
      if (first) options.onUnavailable?.(error);
      return;
    }
    const recovered = failing;
    failing = false;
    if (recovered) options.onRecovered?.();
  }

  function learn(batch: RevocationBatch, sent: Moment): void {
    if (batch.now !== undefined) storeClock.observe(batch.now, sent, moment());
    if (batch.seeded) map.seed(batch.entries, sent.monotonic);
    else map.apply(batch.entries);
    cursor = batch.cursor;
    good = sent;
  }

  return {
    start() {
      if (running) return running.polling;
      const run: Run = { stopped: false, polling: Promise.resolve() };
      const next = (): void => {
        const sentAt = monotonic();
        run.polling = poll().finally(() => {
          if (run.stopped) return;
          run.timer = setTimeout(next, Math.max(0, pollMs - (monotonic() - sentAt))).unref();
        });
      };
      running = run;
      next();
      return run.polling;
    },
    async stop() {
      if (!running) return;
      running.stopped = true;
      clearTimeout(running.timer);
      const { polling } = running;
      running = undefined;
      await polling;
    },
    ageMs(wall = clock()) {
      if (!good) return Number.POSITIVE_INFINITY;
      return Math.max(0, turn() - good.monotonic, wall - good.wall);
    },
  };
}
