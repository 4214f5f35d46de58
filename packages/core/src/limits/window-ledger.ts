import type { Ledger } from './ledger.ts';
import type { BucketState } from './limit-store.ts';
import { widerThan, widthFor, windowRecords } from './window-records.ts';

/** A sub-window's permits count until this many later ones have begun: at least the whole window. */
const RING = 17;
/** Behind the counts: their sum. */
const TOTAL = RING;

/**
 * The sliding window: a ring of 17 counts a subject. What was spent in sub-window i stands at place `i % 17` of it. Time
 * passes over a ring when it is looked at. Precondition: time does not go back.
 */
export function windowLedger({ limit, windowUs }: { readonly limit: number; readonly windowUs: number }): Ledger {
  const stepUs = Math.ceil(windowUs / (RING - 1));
  /** From the end of a sub-window until what was spent in it is back. */
  const afterUs = (RING - 1) * stepUs;
  let records = windowRecords(RING + 1, widthFor(limit), 0);
  let { counts, newest, first, stride, doubles, most } = records;
  /** The sub-window that time is in, and when it ends. Numbers in an array need no object each time they change. */
  const present = Float64Array.of(-1, 0);
  /** Its place in each ring. */
  let place = 0;

  function use(next: typeof records): void {
    records = next;
    ({ counts, newest, first, stride, doubles, most } = next);
  }

  /** Where the subject's counts begin, after time has passed over them. */
  function ringAt(slot: number, now: number): number {
    if (now >= (present[1] ?? 0)) {
      const step = Math.floor(now / stepUs);
      present[0] = step;
      present[1] = (step + 1) * stepUs;
      place = step % RING;
    }
    const start = slot * stride + first;
    if (newest[slot * doubles] !== present[0]) pass(slot, start);
    return start;
  }
  function pass(slot: number, start: number): void {
    const step = present[0] ?? 0;
    const passed = step - (newest[slot * doubles] ?? 0);
    newest[slot * doubles] = step;
    let total = counts[start + TOTAL] ?? 0;
    if (total === 0) return;
    if (passed >= RING) {
      counts.fill(0, start, start + TOTAL + 1);
      return;
    }
    for (let age = 0; age < passed; age++) {
      const at = placeOf(start, age);
      total -= counts[at] ?? 0;
      counts[at] = 0;
    }
    counts[start + TOTAL] = total;
  }
  /** The count of the sub-window that began `age` steps before the present one. */
  const placeOf = (start: number, age: number): number => start + (age > place ? place - age + RING : place - age);
  const untilBack = (age: number, now: number): number => (present[1] ?? 0) + afterUs - age * stepUs - now;

  /** Answers where the counts begin from now on. */
  function add(slot: number, start: number, permits: number): number {
    const total = (counts[start + TOTAL] ?? 0) + permits;
    if (total > most) {
      use(records.copy(widerThan(total), records.capacity));
      return add(slot, slot * stride + first, permits);
    }
    counts[start + place] = (counts[start + place] ?? 0) + permits;
    counts[start + TOTAL] = total;
    return start;
  }

  function resetUs(start: number, now: number): number {
    if (counts[start + TOTAL] === 0) return 0;
    let age = 0;
    while (counts[placeOf(start, age)] === 0) age++;
    return untilBack(age, now);
  }
  /** Precondition: more than are left, and not more than the limit. */
  function retryUs(start: number, cost: number, now: number): number {
    let left = limit - (counts[start + TOTAL] ?? 0);
    let age = RING;
    while (left < cost) left += counts[placeOf(start, --age)] ?? 0;
    return untilBack(age, now);
  }
  function stateAt(start: number, cost: number, now: number): BucketState {
    const remaining = limit - (counts[start + TOTAL] ?? 0);
    return {
      remaining,
      resetMs: Math.ceil(resetUs(start, now) / 1000),
      retryMs:
        remaining >= cost ? 0 : cost > limit ? Number.POSITIVE_INFINITY : Math.ceil(retryUs(start, cost, now) / 1000),
    };
  }

  return {
    limit,
    remaining: (slot, now) => limit - (counts[ringAt(slot, now) + TOTAL] ?? 0),
    charge(slot, permits, now) {
      add(slot, ringAt(slot, now), permits);
    },
    take(slot, cost, times, now) {
      const start = ringAt(slot, now);
      const wanted = cost * times;
      const left = limit - (counts[start + TOTAL] ?? 0);
      if (cost > 0 && wanted <= left) {
        add(slot, start, wanted);
        const remaining = left - wanted;
        const resetMs = Math.ceil(((present[1] ?? 0) + afterUs - now) / 1000);
        // by far the most frequent: what was just charged comes back last, and there is room for another
        if (remaining >= cost) return { granted: times, buckets: [{ remaining, resetMs, retryMs: 0 }], at: now };
        return { granted: times, buckets: [stateAt(slot * stride + first, cost, now)], at: now };
      }
      const granted = cost > 0 ? Math.floor(left / cost) : times;
      const after = granted > 0 && cost > 0 ? add(slot, start, cost * granted) : start;
      return { granted, buckets: [stateAt(after, cost, now)], at: now };
    },
    state: (slot, cost, now) => stateAt(ringAt(slot, now), cost, now),
    giveBack(slot, permits, at, now) {
      const start = ringAt(slot, now);
      const age = (present[0] ?? 0) - Math.floor(at / stepUs);
      if (age < 0 || age >= RING) return;
      const where = placeOf(start, age);
      const back = Math.min(permits, counts[where] ?? 0);
      counts[where] = (counts[where] ?? 0) - back;
      counts[start + TOTAL] = (counts[start + TOTAL] ?? 0) - back;
    },
    resetUs: (slot, now) => resetUs(ringAt(slot, now), now),
    clear(slot) {
      const start = slot * stride + first;
      counts.fill(0, start, start + TOTAL + 1);
    },
    grow(capacity) {
      use(records.copy(records.width, capacity));
    },
  };
}
