import { hash as argon2Hash, verify as argon2Verify } from '@node-rs/argon2';
import { type RandomBytes, randomBytes } from '../kernel/index.ts';
import {
  type Argon2Parameters,
  checkParameters,
  fillingWork,
  parseArgon2,
  type StoredParameters,
} from './argon2-parameters.ts';
import type { GatePass, HashingGate } from './hashing-gate.ts';
import { normalisePassword } from './password-policy.ts';
import type { PasswordVerifier } from './password-verifier.ts';

/** Whether the password is the stored hash's, and whether that hash should be replaced. */
export interface PasswordVerdict {
  readonly matches: boolean;
  /** It matches, but was made with other parameters, an older form, or by another app. */
  readonly needsRehash: boolean;
}

/** Argon2id, always through the gate. */
export interface PasswordHasher {
  /** A PHC string of the normalised password, with today's parameters. */
  hash(password: string, pass?: GatePass): Promise<string>;
  /**
   * One pass of the gate. A refusal does the same work whatever is stored: an account that doesn't exist, has no
   * password or is disabled (`null`) can't be told from a wrong password by the time of the answer.
   */
  verify(stored: string | null, password: string, pass?: GatePass): Promise<PasswordVerdict>;
  /** See `HashingGate.ensureRoom`. */
  ensureRoom(): void;
}

/** The two functions of Argon2, so that tests can count the work. */
export interface Argon2 {
  hash(password: string, parameters: Argon2Parameters): Promise<string>;
  verify(stored: string, password: string): Promise<boolean>;
}

/** What a {@link PasswordHasher} is made of. */
export interface PasswordHasherParts {
  readonly gate: HashingGate;
  /** Default OWASP's: 19,456 KiB, 2 passes, 1 lane. */
  readonly parameters?: Partial<Argon2Parameters>;
  readonly legacyHashes?: readonly PasswordVerifier[];
  readonly argon2?: Argon2;
  readonly random?: RandomBytes;
}

/** Argon2id of @node-rs/argon2: algorithm and version are its defaults. */
export const nativeArgon2: Argon2 = {
  hash: (password, { memoryKiB, passes, parallelism }) =>
    argon2Hash(password, { memoryCost: memoryKiB, timeCost: passes, parallelism, outputLen: 32 }),
  verify: (stored, password) => argon2Verify(stored, password),
};

/**
 * Makes a hasher.
 * @throws TypeError naming the option when the parameters make no sense
 */
export function createPasswordHasher({
  gate,
  parameters = {},
  legacyHashes = [],
  argon2 = nativeArgon2,
  random = randomBytes,
}: PasswordHasherParts): PasswordHasher {
  const today = checkParameters(parameters);
  const decoy = decoyHash(today, random);

  /** What is still to be done when the password was wrong, so that every refusal has done the same. */
  const completeWork = async (
    spent: StoredParameters | undefined,
    used: PasswordVerifier | undefined,
    password: string,
  ): Promise<void> => {
    const filling = spent ? fillingWork(spent, today) : undefined;
    if (!spent) await argon2.verify(decoy, normalisePassword(password));
    else if (filling) await argon2.verify(decoyHash(filling, random), normalisePassword(password));
    for (const verifier of legacyHashes) if (verifier !== used) await verifier.decoy?.(password);
  };

  return {
    ensureRoom: () => gate.ensureRoom(),
    hash: (password, pass) =>
      gate.run(() => {
        pass?.begins?.();
        return argon2.hash(normalisePassword(password), today);
      }, pass),
    verify: (stored, password, pass) =>
      gate.run(async () => {
        pass?.begins?.();
        const parsed = stored === null ? undefined : parseArgon2(stored);
        const legacy =
          stored === null || parsed ? undefined : legacyHashes.find((verifier) => verifier.recognises(stored));
        let matches = false;
        if (stored !== null && parsed) matches = await argon2.verify(stored, normalisePassword(password));
        else if (stored !== null && legacy) matches = await legacy.verify(stored, password);
        if (!matches) await completeWork(parsed, legacy, password);
        return { matches, needsRehash: matches && !(parsed && isToday(parsed, today)) };
      }, pass),
  };
}

function isToday(stored: StoredParameters, today: Argon2Parameters): boolean {
  return (
    stored.current &&
    stored.memoryKiB === today.memoryKiB &&
    stored.passes === today.passes &&
    stored.parallelism === today.parallelism
  );
}

/** A hash that no password has: random bytes in a PHC string cost as much to refuse as a real one, and nothing to make. */
function decoyHash({ memoryKiB, passes, parallelism }: Argon2Parameters, random: RandomBytes): string {
  const base64 = (size: number): string => Buffer.from(random(size)).toString('base64').replaceAll('=', '');
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${base64(16)}$${base64(32)}`;
}
