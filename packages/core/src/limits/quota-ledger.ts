import { countsUpTo, grown, type Ledger, takeBySteps } from './ledger.ts';

/** A calendar window: how much was spent in which. */
export function quotaLedger({ limit, windowUs }: { readonly limit: number; readonly windowUs: number }): Ledger {
  let windows = new Float64Array(0);
  let spent = countsUpTo(limit, 0);
  const windowOf = (now: number): number => Math.floor(now / windowUs);
  const spentIn = (slot: number, window: number): number => (windows[slot] === window ? (spent[slot] ?? 0) : 0);
  const untilNext = (now: number): number => (windowOf(now) + 1) * windowUs - now;
  const ledger: Ledger = {
    limit,
    remaining: (slot, now) => limit - spentIn(slot, windowOf(now)),
    charge(slot, permits, now) {
      const window = windowOf(now);
      spent[slot] = spentIn(slot, window) + permits;
      windows[slot] = window;
    },
    take: (slot, cost, times, now) => takeBySteps(ledger, slot, cost, times, now),
    state(slot, cost, now) {
      const count = spentIn(slot, windowOf(now));
      const remaining = limit - count;
      const untilNextMs = Math.ceil(untilNext(now) / 1000);
      return {
        remaining,
        resetMs: count === 0 ? 0 : untilNextMs,
        retryMs: remaining >= cost ? 0 : cost > limit ? Number.POSITIVE_INFINITY : untilNextMs,
      };
    },
    giveBack(slot, permits, at, now) {
      const window = windowOf(now);
      if (windowOf(at) === window) spent[slot] = Math.max(0, spentIn(slot, window) - permits);
    },
    resetUs: (slot, now) => (spentIn(slot, windowOf(now)) === 0 ? 0 : untilNext(now)),
    clear(slot) {
      windows[slot] = -1;
      spent[slot] = 0;
    },
    grow(capacity) {
      windows = grown(windows, capacity);
      spent = grown(spent, capacity);
    },
  };
  return ledger;
}
