import { parseOptions } from '@node-rs/argon2';

/** What an Argon2id hash costs (RFC 9106 section 3.1). */
export interface Argon2Parameters {
  /** Memory, KiB. */
  readonly memoryKiB: number;
  /** Passes over the memory. */
  readonly passes: number;
  /** Lanes. */
  readonly parallelism: number;
}

/** The least that OWASP's Password Storage Cheat Sheet recommends with little memory. */
export const owaspParameters: Argon2Parameters = { memoryKiB: 19_456, passes: 2, parallelism: 1 };

/** A hash's parameters as its PHC string tells them. */
export interface StoredParameters extends Argon2Parameters {
  /** Of today's form: Argon2id, version 0x13, at least 16 bytes of salt and 32 of hash. */
  readonly current: boolean;
}

/** Reads the parameters of a PHC string; `undefined` for anything but Argon2. */
export function parseArgon2(stored: string): StoredParameters | undefined {
  if (!stored.startsWith('$argon2')) return undefined;
  try {
    const parsed = parseOptions(stored);
    const [algorithm, version]: readonly number[] = [parsed.algorithm, parsed.version];
    return {
      memoryKiB: parsed.memoryCost,
      passes: parsed.timeCost,
      parallelism: parsed.parallelism,
      current: algorithm === 2 && version === 1 && parsed.saltLen >= 16 && parsed.outputLen >= 32,
    };
  } catch {
    return undefined; // cut short or altered by hand: nobody can sign in with it
  }
}

/** The work of one hash: blocks filled. Time is proportional to it on one machine. */
export function workOf({ memoryKiB, passes }: Argon2Parameters): number {
  return memoryKiB * passes;
}

/**
 * Parameters whose work fills the gap between two: what must be done in addition when a refused hash was cheaper than
 * today's. Never takes more memory than today's. `undefined` when there is nothing (or too little) to fill.
 */
export function fillingWork(spent: Argon2Parameters, today: Argon2Parameters): Argon2Parameters | undefined {
  const missing = workOf(today) - workOf(spent);
  const passes = Math.ceil(missing / today.memoryKiB);
  const memoryKiB = Math.floor(missing / passes);
  return missing > 0 && memoryKiB >= 8 * today.parallelism
    ? { memoryKiB, passes, parallelism: today.parallelism }
    : undefined;
}

/** @throws TypeError naming the option when Argon2 can't take the parameters */
export function checkParameters(given: Partial<Argon2Parameters>, path = 'accounts.argon2'): Argon2Parameters {
  const parameters = { ...owaspParameters, ...given };
  const { memoryKiB, passes, parallelism } = parameters;
  const whole = (name: keyof Argon2Parameters, least: number, most: number): void => {
    const value = parameters[name];
    if (!Number.isInteger(value) || value < least || value > most)
      throw new TypeError(`${path}.${name} must be a whole number from ${least} to ${most}, not ${value}`);
  };
  whole('parallelism', 1, 255);
  whole('memoryKiB', 8 * parallelism, 4_194_304);
  whole('passes', 1, 1000);
  return { memoryKiB, passes, parallelism };
}
