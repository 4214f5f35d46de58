/**
 * How fast one process gets through a budget, in plain numbers, as there is one for each caller. What was granted, in a
 * record of `PACE` numbers: counts of sub-windows in a ring, the number of the newest, and their sum.
 */
export const PACE: number = 10;

/** Sub-windows that are counted, the one that has begun included; there are nine in a window. */
const RING = 8;
const NEWEST = 8;
const TOTAL = 9;

/** Makes a record that of a budget of which nothing was granted. */
export function clearPace(paces: Float64Array, start: number): void {
  paces.fill(0, start, start + PACE);
  paces[start + NEWEST] = Number.NEGATIVE_INFINITY;
}

/** The store granted so many to this process. */
export function countDebited(paces: Float64Array, start: number, count: number, windowMs: number, now: number): void {
  passTo(paces, start, windowMs, now);
  const place = start + placeOf(paces[start + NEWEST] ?? 0);
  paces[place] = (paces[place] ?? 0) + count;
  paces[start + TOTAL] = (paces[start + TOTAL] ?? 0) + count;
}

/** So many were given back: they can be granted to others now. The latest are taken for these, so none counts longer. */
export function countGivenBack(paces: Float64Array, start: number, count: number): void {
  let left = count;
  const newest = paces[start + NEWEST] ?? 0;
  for (let age = 0; age < RING && left > 0 && newest > Number.NEGATIVE_INFINITY; age++) {
    const place = start + placeOf(newest - age);
    const back = Math.min(left, paces[place] ?? 0);
    paces[place] = (paces[place] ?? 0) - back;
    paces[start + TOTAL] = (paces[start + TOTAL] ?? 0) - back;
    left -= back;
  }
}

/**
 * How many were granted within the window that ends now, without the first ninth of it at least: leases that processes
 * hold at one moment were asked for at different ones, and still all that they are shares of was granted within one
 * window. Precondition: a lease lives less than a ninth of a window.
 */
export function recentlyDebited(paces: Float64Array, start: number, windowMs: number, now: number): number {
  passTo(paces, start, windowMs, now);
  return paces[start + TOTAL] ?? 0;
}

const placeOf = (step: number): number => ((step % RING) + RING) % RING;

function passTo(paces: Float64Array, start: number, windowMs: number, now: number): void {
  const step = Math.floor((now * (RING + 1)) / windowMs);
  const newest = paces[start + NEWEST] ?? 0;
  if (step <= newest) return;
  for (let i = Math.max(newest + 1, step - RING + 1); i <= step; i++) {
    const place = start + placeOf(i);
    paces[start + TOTAL] = (paces[start + TOTAL] ?? 0) - (paces[place] ?? 0);
    paces[place] = 0;
  }
  paces[start + NEWEST] = step;
}
