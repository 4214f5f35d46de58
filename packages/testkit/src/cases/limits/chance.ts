/** Chance that can be repeated: the same seed, the same numbers. */
export interface Chance {
  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number;
  one<T>(things: readonly T[]): T;
}

/** Mulberry32: small, and good enough to choose steps of a test. */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    whole,
    one(things) {
      const thing = things[whole(0, things.length - 1)];
      if (thing === undefined) throw new RangeError('nothing to choose from');
      return thing;
    },
  };
}
