import type { BucketState, LimitAnswer } from './limit-store.ts';

/** The numbers of one rule, by slot: no object per subject. Whole permits; times are whole microseconds. */
export interface Ledger {
  /** Permits of a subject that has spent none. */
  readonly limit: number;
  /** Permits left. */
  remaining(slot: number, now: number): number;
  /** Precondition: as many are left. */
  charge(slot: number, permits: number, now: number): void;
  /** Charges as many of `times` as fit: the three above and below in one, for the check that is by far most frequent. */
  take(slot: number, cost: number, times: number, now: number): LimitAnswer;
  /** A subject's budget, for a request of this cost. */
  state(slot: number, cost: number, now: number): BucketState;
  /** Undoes what was charged at `at`, where that still counts. */
  giveBack(slot: number, permits: number, at: number, now: number): void;
  /** Until all permits are back. */
  resetUs(slot: number, now: number): number;
  /** Makes a slot that of a new subject. */
  clear(slot: number): void;
  /** Makes room for slots below `capacity`. */
  grow(capacity: number): void;
}

/** Counts of unsigned whole numbers up to `max`, in as few bytes as they need. */
export function countsUpTo(max: number, length: number): Uint8Array | Uint16Array | Uint32Array {
  if (max <= 0xff) return new Uint8Array(length);
  return max <= 0xffff ? new Uint16Array(length) : new Uint32Array(length);
}

/** The same numbers with room for more. */
export function grown<A extends Float64Array | Uint8Array | Uint16Array | Uint32Array>(numbers: A, length: number): A {
  const larger = new (numbers.constructor as new (length: number) => A)(length);
  larger.set(numbers);
  return larger;
}

/** How a ledger can {@link Ledger.take}. */
export function takeBySteps(
  ledger: Pick<Ledger, 'remaining' | 'charge' | 'state'>,
  slot: number,
  cost: number,
  times: number,
  now: number,
): LimitAnswer {
  let granted = times;
  if (cost > 0) {
    const fits = Math.floor(ledger.remaining(slot, now) / cost);
    if (fits < granted) granted = fits;
    if (granted > 0) ledger.charge(slot, cost * granted, now);
  }
  return { granted, buckets: [ledger.state(slot, cost, now)], at: now };
}
