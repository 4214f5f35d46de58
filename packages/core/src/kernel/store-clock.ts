import type { Clock } from './clock.ts';

/**
 * The store's clock as this process knows it: its own, corrected by the offset that every answer of the store tells.
 * Access tokens carry the store's times, so that processes whose clocks are apart agree on what has expired.
 */
export interface StoreClock {
  /** The store's time now, Unix ms; this process's own until the store has told its. */
  now(): number;
  /** Told after each call: the store's clock in it, and our clock when it was sent. Half the round trip is the error. */
  observe(storeNow: number, sentAt: number): void;
}

/** Makes a {@link StoreClock} over the process's clock. */
export function createStoreClock(clock: Clock): StoreClock {
  let offset = 0;
  let known: { error: number; at: number } | undefined;
  return {
    now: () => clock() + offset,
    observe(storeNow, sentAt) {
      const received = clock();
      const error = (received - sentAt) / 2;
      if (error < 0) return; // our clock stepped back during the call: says nothing
      // a slow answer says less than a quick one: take it only when what we know has grown old
      if (known && error > known.error * 2 && received - known.at < 60_000 && received >= known.at) return;
      known = { error, at: received };
      offset = storeNow - (sentAt + error);
    },
  };
}
