import { createHmac } from 'node:crypto';
import { JOSEError } from 'jose/errors';
import { CompactSign } from 'jose/jws/compact/sign';
import { compactVerify } from 'jose/jws/compact/verify';
import { equalBytes } from '../kernel/index.ts';
import { headerOf } from './header-parts.ts';
import type { SigningKey, VerificationKey } from './signing-key.ts';

const utf8 = new TextEncoder();

/** Signs a payload as a compact JWS (RFC 7515) of type `at+jwt`. */
export function signCompact(key: SigningKey, payload: string): Promise<string> {
  return new CompactSign(utf8.encode(payload)).setProtectedHeader(headerOf(key)).sign(key.key);
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
