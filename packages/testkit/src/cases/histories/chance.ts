/** Chance that repeats itself: the same seed, the same choices. */
export interface Chance {
  /** A whole number from 0 to below `count`. */
  below(count: number): number;
  /** One of these. */
  pick<T>(items: readonly [T, ...T[]]): T;
  /** Bytes of no secrecy. */
  bytes(size: number): Uint8Array;
}

/** Mulberry32: 32 bits of state are plenty for choices. */
export function makeChance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number): number => Math.floor(next() * count);
  return {
    below,
    pick: (items) => items[below(items.length)] ?? items[0],
    bytes: (size) => Uint8Array.from({ length: size }, () => below(256)),
  };
}
