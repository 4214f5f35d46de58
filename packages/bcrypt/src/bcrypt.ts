import type { PasswordVerifier } from '@castellan/core/accounts';
import { verify } from '@node-rs/bcrypt';

/** What may be set about {@link bcrypt}. */
export interface BcryptOptions {
  /**
   * The cost of the hashes that there are, 4–31. A refused sign-in whose hash is not bcrypt's spends a verification of
   * this cost too, so that the time of the answer doesn't tell which addresses have a bcrypt hash still. Default 10.
   * `false` spends nothing: refusals are quicker, and they tell.
   */
  readonly cost?: number | false;
}

/** `$2a$`, `$2b$`, `$2y$`: one algorithm under three names. Not `$2x$`, which marks hashes of a broken implementation. */
const BCRYPT = /^\$2[aby]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;

/**
 * A verifier of bcrypt hashes, for `accounts: { legacyHashes: [bcrypt()] }`.
 *
 * bcrypt looks at the first 72 bytes of a password (UTF-8) and ignores the rest. A longer password is accepted whatever
 * its end, as it always was, until the sign-in that replaces the hash: from then on all of what was typed there counts.
 *
 * @throws TypeError when the cost is no whole number from 4 to 31
 */
export function bcrypt({ cost = 10 }: BcryptOptions = {}): PasswordVerifier {
  if (cost !== false && !(Number.isInteger(cost) && cost >= 4 && cost <= 31))
    throw new TypeError(`bcrypt: cost must be a whole number from 4 to 31, or false, not ${String(cost)}`);
  const verifier: PasswordVerifier = {
    recognises: (hash) => BCRYPT.test(hash),
    verify: (hash, password) => verify(password, hash),
  };
  if (cost === false) return verifier;
  const decoy = `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
  return {
    ...verifier,
    async decoy(password) {
      await verify(password, decoy);
    },
  };
}
