import type { MonotonicClock } from '../kernel/index.ts';

/** Calls back again and again; the answer stops it. */
export type Repeat = (everyMs: number, tick: () => void) => () => void;

/**
 * Notices that this process slept. Clients of requests that waited meanwhile may have given up, retried elsewhere and
 * moved on; to a process that slept such a request looks new, and would be taken for a reuse.
 */
export interface StallGate {
  /** Begins to watch. Until then nothing is refused. */
  start(): void;
  stop(): void;
  /** Whether a request read at this moment (monotonic ms) must be answered "later". */
  refuses(arrivedAt: number): boolean;
}

/** What a {@link StallGate} is made from. */
export interface StallGateOptions {
  readonly monotonic: MonotonicClock;
  readonly repeat?: Repeat;
}

const TICK_MS = 250;
/** A gap in the event loop that counts as sleep. */
const GAP_MS = 1_000;
/** For so long after it, what is read may be old: it waited in the socket. */
const HOLD_MS = 1_000;

/** A timer that does not keep the process alive. */
const unrefInterval: Repeat = (everyMs, tick) => {
  const timer = setInterval(tick, everyMs);
  timer.unref();
  return () => clearInterval(timer);
};

/** Makes a {@link StallGate}. */
export function createStallGate({ monotonic, repeat = unrefInterval }: StallGateOptions): StallGate {
  let lastTick: number | undefined;
  let refuseUntil = Number.NEGATIVE_INFINITY;
  let stopTimer: (() => void) | undefined;
  const look = (): number => {
    const now = monotonic();
    if (lastTick !== undefined && now - lastTick > GAP_MS) refuseUntil = now + HOLD_MS;
    return now;
  };
  return {
    start() {
      if (stopTimer) return;
      lastTick = monotonic();
      stopTimer = repeat(TICK_MS, () => {
        lastTick = look();
      });
    },
    stop() {
      stopTimer?.();
      stopTimer = undefined;
      lastTick = undefined;
    },
    refuses(arrivedAt) {
      look(); // sockets are read before the timer gets its turn
      return arrivedAt < refuseUntil;
    },
  };
}
