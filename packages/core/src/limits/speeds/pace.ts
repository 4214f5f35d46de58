/** How fast one process gets through a budget: plain numbers, as there is one for each caller. */
export interface Pace {
  /** Counts of sub-windows, in a ring. */
  readonly counts: number[];
  newest: number;
  total: number;
  /** When the period of a lease's life began. */
  period: number;
  inThis: number;
  inLast: number;
}

/** Sub-windows that are counted, the one that has begun included; there are nine in a window. */
const RING = 8;

/** Makes that of a budget that nothing was granted of. */
export function newPace(): Pace {
  const counts = Array.from({ length: RING }, () => 0);
  return { counts, newest: Number.NEGATIVE_INFINITY, total: 0, period: Number.NEGATIVE_INFINITY, inThis: 0, inLast: 0 };
}

/** The store granted so many to this process. */
export function countDebited(pace: Pace, count: number, windowMs: number, now: number): void {
  passTo(pace, windowMs, now);
  const place = placeOf(pace.newest);
  pace.counts[place] = (pace.counts[place] ?? 0) + count;
  pace.total += count;
}

/** So many passed. */
export function countPassed(pace: Pace, count: number, leaseMs: number, now: number): void {
  turnTo(pace, leaseMs, now);
  pace.inThis += count;
}

/**
 * How many were granted within the window that ends now, without the first ninth of it at least: leases that processes
 * hold at one moment were asked for at different ones, and still all that they are shares of was granted within one
 * window. Precondition: a lease lives less than a ninth of a window.
 */
export function recentlyDebited(pace: Pace, windowMs: number, now: number): number {
  passTo(pace, windowMs, now);
  return pace.total;
}

/** How many pass within the life of a lease, as it was lately. */
export function demandOf(pace: Pace, leaseMs: number, now: number): number {
  turnTo(pace, leaseMs, now);
  return Math.max(pace.inThis, pace.inLast);
}

const placeOf = (step: number): number => ((step % RING) + RING) % RING;

function passTo(pace: Pace, windowMs: number, now: number): void {
  const step = Math.floor((now * (RING + 1)) / windowMs);
  for (let i = Math.max(pace.newest + 1, step - RING + 1); i <= step; i++) {
    pace.total -= pace.counts[placeOf(i)] ?? 0;
    pace.counts[placeOf(i)] = 0;
  }
  if (step > pace.newest) pace.newest = step;
}

function turnTo(pace: Pace, leaseMs: number, now: number): void {
  const passed = now - pace.period;
  if (passed < leaseMs) return;
  pace.inLast = passed < 2 * leaseMs ? pace.inThis : 0;
  pace.inThis = 0;
  pace.period = now;
}
