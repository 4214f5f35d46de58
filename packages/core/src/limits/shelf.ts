import { grown, type Ledger } from './ledger.ts';

/** How many slots are looked at to find one that a new subject may take. */
const LOOKS = 16;
/** All slots are looked at at most this often. */
const SWEEP_US = 1_000_000;

/** The slots of one rule's subjects, a bounded number. */
export interface Shelf {
  readonly ledger: Ledger;
  /** The subject's slot. `undefined`: all of its permits are there. */
  find(key: string): number | undefined;
  /** A slot for a subject that has none. `undefined`: there is no room for it. */
  place(key: string, now: number): number | undefined;
  /** Remembers that a subject was refused, as long as it has a slot. */
  refused(slot: number | undefined): void;
}

/**
 * Makes a shelf. Where there is room for no more, a new subject takes the slot of one whose permits are all back: nothing
 * is forgotten by that. Where there is none, the slot of one that was never refused and still has permits, the nearest to
 * full of a few. One that was refused, or has none left, stays: a flood of new subjects must not let it in again.
 *
 * @param onSubject is told of each subject that takes nobody's slot
 */
export function createShelf(ledger: Ledger, maxSubjects: number, onSubject: () => void): Shelf {
  const slots = new Map<string, number>();
  const keys: string[] = [];
  let capacity = 0;
  let refusals = new Uint8Array(0);
  const free: number[] = [];
  let hand = -1;
  let sweptAt = Number.NEGATIVE_INFINITY;

  function growTo(wanted: number): void {
    capacity = wanted;
    refusals = grown(refusals, capacity);
    ledger.grow(capacity);
  }
  const isFull = (slot: number, now: number): boolean => ledger.resetUs(slot, now) <= 0;

  function full(now: number): number | undefined {
    if (free.length === 0 && now - sweptAt >= SWEEP_US) {
      sweptAt = now;
      for (let slot = 0; slot < maxSubjects; slot++) if (isFull(slot, now)) free.push(slot);
    }
    for (let slot = free.pop(); slot !== undefined; slot = free.pop()) if (isFull(slot, now)) return slot;
    return undefined;
  }
  function spare(now: number): number | undefined {
    let found: number | undefined;
    let nearest = Number.POSITIVE_INFINITY;
    for (let looks = 0; looks < LOOKS; looks++) {
      hand = hand >= maxSubjects - 1 ? 0 : hand + 1;
      const resetUs = ledger.resetUs(hand, now);
      if (resetUs <= 0) return hand;
      if (resetUs >= nearest || refusals[hand] === 1 || ledger.remaining(hand, now) < 1) continue;
      found = hand;
      nearest = resetUs;
    }
    return found;
  }
  /** One that nobody has, else one that somebody can do without. */
  function vacant(now: number): number | undefined {
    const next = keys.length;
    if (next < maxSubjects) {
      if (next >= capacity) growTo(Math.min(Math.max(16, capacity * 2), maxSubjects));
      onSubject();
      return next;
    }
    const slot = full(now) ?? spare(now);
    if (slot !== undefined) slots.delete(keys[slot] ?? '');
    return slot;
  }
  function place(key: string, now: number): number | undefined {
    const slot = vacant(now);
    if (slot === undefined) return undefined;
    ledger.clear(slot);
    refusals[slot] = 0;
    keys[slot] = key;
    slots.set(key, slot);
    return slot;
  }

  return {
    ledger,
    find: (key) => slots.get(key),
    place,
    refused(slot) {
      if (slot !== undefined) refusals[slot] = 1;
    },
  };
}
