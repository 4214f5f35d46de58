import { countsUpTo, grown, type Ledger } from './ledger.ts';
import type { BucketState } from './limit-store.ts';

/** A sub-window's permits count until this many later ones have begun: at least the whole window. */
const RING = 17;

/**
 * The sliding window: a ring of 17 counts a subject, the newest at `heads`. Time passes over a ring when it is looked
 * at.
 */
export function windowLedger({ limit, windowUs }: { readonly limit: number; readonly windowUs: number }): Ledger {
  const stepUs = Math.ceil(windowUs / (RING - 1));
  let counts = countsUpTo(limit, 0);
  let totals = countsUpTo(limit, 0);
  let heads = new Uint8Array(0);
  let newest = new Float64Array(0);

  function passTo(slot: number, now: number): void {
    const step = Math.floor(now / stepUs);
    const passed = step - (newest[slot] ?? 0);
    if (passed <= 0) return;
    newest[slot] = step;
    if (totals[slot] === 0) return;
    const start = slot * RING;
    if (passed >= RING) {
      counts.fill(0, start, start + RING);
      totals[slot] = 0;
      return;
    }
    let head = heads[slot] ?? 0;
    let total = totals[slot] ?? 0;
    for (let i = 0; i < passed; i++) {
      head = head === RING - 1 ? 0 : head + 1;
      total -= counts[start + head] ?? 0;
      counts[start + head] = 0;
    }
    heads[slot] = head;
    totals[slot] = total;
  }
  /** The count of the sub-window that began `age` steps before the newest. */
  const placeOf = (slot: number, age: number): number => {
    const head = (heads[slot] ?? 0) - age;
    return slot * RING + (head < 0 ? head + RING : head);
  };
  const untilBack = (slot: number, age: number, now: number): number =>
    ((newest[slot] ?? 0) - age + RING) * stepUs - now;

  function resetUs(slot: number, now: number): number {
    if (totals[slot] === 0) return 0;
    let age = 0;
    while (counts[placeOf(slot, age)] === 0) age++;
    return untilBack(slot, age, now);
  }
  /** Precondition: more than are left, and not more than the limit. */
  function retryUs(slot: number, cost: number, now: number): number {
    let left = limit - (totals[slot] ?? 0);
    let age = RING;
    while (left < cost) left += counts[placeOf(slot, --age)] ?? 0;
    return untilBack(slot, age, now);
  }

  /** Precondition: time has passed over the slot. */
  function stateNow(slot: number, total: number, cost: number, now: number): BucketState {
    const remaining = limit - total;
    return {
      remaining,
      resetMs: total === 0 ? 0 : Math.ceil(resetUs(slot, now) / 1000),
      retryMs:
        remaining >= cost ? 0 : cost > limit ? Number.POSITIVE_INFINITY : Math.ceil(retryUs(slot, cost, now) / 1000),
    };
  }

  return {
    limit,
    remaining(slot, now) {
      passTo(slot, now);
      return limit - (totals[slot] ?? 0);
    },
    charge(slot, permits, now) {
      passTo(slot, now);
      const place = placeOf(slot, 0);
      counts[place] = (counts[place] ?? 0) + permits;
      totals[slot] = (totals[slot] ?? 0) + permits;
    },
    take(slot, cost, times, now) {
      passTo(slot, now);
      let total = totals[slot] ?? 0;
      let granted = times;
      if (cost > 0) {
        if (total + cost * times > limit) granted = Math.floor((limit - total) / cost);
        if (granted > 0) {
          const place = placeOf(slot, 0);
          counts[place] = (counts[place] ?? 0) + cost * granted;
          total += cost * granted;
          totals[slot] = total;
        }
      }
      return { granted, buckets: [stateNow(slot, total, cost, now)], at: now };
    },
    state(slot, cost, now) {
      passTo(slot, now);
      return stateNow(slot, totals[slot] ?? 0, cost, now);
    },
    giveBack(slot, permits, at, now) {
      passTo(slot, now);
      const age = (newest[slot] ?? 0) - Math.floor(at / stepUs);
      if (age < 0 || age >= RING) return;
      const place = placeOf(slot, age);
      const back = Math.min(permits, counts[place] ?? 0);
      counts[place] = (counts[place] ?? 0) - back;
      totals[slot] = (totals[slot] ?? 0) - back;
    },
    resetUs(slot, now) {
      passTo(slot, now);
      return resetUs(slot, now);
    },
    clear(slot) {
      counts.fill(0, slot * RING, slot * RING + RING);
      totals[slot] = 0;
      newest[slot] = 0;
    },
    grow(capacity) {
      counts = grown(counts, capacity * RING);
      totals = grown(totals, capacity);
      heads = grown(heads, capacity);
      newest = grown(newest, capacity);
    },
  };
}
