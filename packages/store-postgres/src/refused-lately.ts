import type { MonotonicClock } from '@castellan/core/kernel';

/** Which budgets said no lately: they are read before anybody tries to write them. */
export interface RefusedLately {
  has(key: string): boolean;
  /** @param retryMs for how long; 0 and `Infinity` are not kept */
  remember(key: string, retryMs: number): void;
}

/** Keys remembered at once. */
const MOST_REFUSED = 10_000;

/** Remembers none yet. */
export function refusedLately(clock: MonotonicClock): RefusedLately {
  const until = new Map<string, number>();
  return {
    has(key) {
      const end = until.get(key);
      if (end === undefined) return false;
      if (end > clock()) return true;
      until.delete(key);
      return false;
    },
    remember(key, retryMs) {
      if (retryMs === 0 || retryMs === Number.POSITIVE_INFINITY) return;
      if (until.size >= MOST_REFUSED) until.delete(until.keys().next().value ?? '');
      until.set(key, clock() + retryMs);
    },
  };
}
