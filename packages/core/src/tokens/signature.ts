import { createHmac, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { JOSEError } from 'jose/errors';
import { compactVerify } from 'jose/jws/compact/verify';
import { equalBytes } from '../kernel/index.ts';
import { headerParts } from './header-parts.ts';
import type { SigningAlgorithm } from './signing-algorithm.ts';
import type { VerificationKey } from './signing-key.ts';

const inPool = promisify(sign);

/** Signs a payload as a compact JWS (RFC 7515) of type `at+jwt`. */
export type SignCompact = (payload: string) => string | Promise<string>;

/** Makes what signs with one key. */
export function compactSigner(kid: string, alg: SigningAlgorithm, key: KeyObject): SignCompact {
  const [header] = headerParts({ kid, alg });
  const signatureOf = signatures(alg, key);
  return (payload) => {
    const input = `${header}.${Buffer.from(payload).toString('base64url')}`;
    const compact = (signature: Buffer): string => `${input}.${signature.toString('base64url')}`;
    const signature = signatureOf(Buffer.from(input));
    return signature instanceof Promise ? signature.then(compact) : compact(signature);
  };
}

/**
 * At once where a signature takes less than handing it to libuv's pool and back does (50 µs for EdDSA, half of what it
 * costs there), so that it never waits for a thread or a core behind somebody's password hash. RSA takes more than ten
 * times as long and goes to the pool.
 */
function signatures(alg: SigningAlgorithm, key: KeyObject): (input: Buffer) => Buffer | Promise<Buffer> {
  switch (alg) {
    case 'EdDSA':
      return (input) => sign(null, input, key);
    case 'ES256':
      return (input) => sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
    case 'HS256':
      return (input) => createHmac('sha256', key).update(input).digest();
    case 'RS256':
      return (input) => inPool('sha256', input, key);
  }
}

/**
 * Whether the key signed this compact JWS, with the algorithm that is bound to the key whatever the header says.
 * Precondition: the token passed the shape guard.
 *
 * HS256 is checked at once on Node's own HMAC: it never waits in libuv's pool behind somebody's password hash.
 */
export function verifyCompact(key: VerificationKey, token: string): boolean | Promise<boolean> {
  if (!key.secret) return verifyWithJose(key, token);
  const dot = token.lastIndexOf('.');
  const expected = createHmac('sha256', key.secret).update(token.slice(0, dot)).digest();
  return equalBytes(expected, Buffer.from(token.slice(dot + 1), 'base64url'));
}

function verifyWithJose(key: VerificationKey, token: string): Promise<boolean> {
  return compactVerify(token, key.key, { algorithms: [key.alg] }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof JOSEError) return false;
      throw error;
    },
  );
}
