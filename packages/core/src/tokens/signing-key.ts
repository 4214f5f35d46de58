import type { KeyObject, webcrypto } from 'node:crypto';
import type { SigningAlgorithm } from './signing-algorithm.ts';

/** A key that signs. The key itself can't be exported. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly key: webcrypto.CryptoKey;
}

/** A key that verifies, and the one algorithm it may be used with. */
export interface VerificationKey extends SigningKey {
  /** The same key for Node's synchronous HMAC; HS256 only. */
  readonly secret: KeyObject | undefined;
}
