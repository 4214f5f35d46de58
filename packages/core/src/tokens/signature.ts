import { createHmac } from 'node:crypto';
import { JOSEError } from 'jose/errors';
import { CompactSign } from 'jose/jws/compact/sign';
import { compactVerify } from 'jose/jws/compact/verify';
import { equalBytes, toBase64url } from '../kernel/index.ts';
import type { SigningKey, VerificationKey } from './signing-key.ts';

/** RFC 9068 section 2.1: no other token of ours can be taken for an access token. */
const ACCESS_TOKEN_TYPE = 'at+jwt';

const utf8 = new TextEncoder();

/** The header of every token that the key signs. */
function headerOf({ alg, kid }: SigningKey): { readonly alg: string; readonly typ: string; readonly kid: string } {
  return { alg, typ: ACCESS_TOKEN_TYPE, kid };
}

/**
 * Every first part that a token of this key may have: `alg`, `typ` and `kid` in any order and nothing else, `typ` with
 * or without `application/` (RFC 9068 section 4). Headers are looked up among these, never parsed: no `crit`, `b64`,
 * `jwk` or `jku` can be read, since none is ever looked at (RFC 8725 sections 3.1 and 3.10).
 */
export function headerParts(key: SigningKey): readonly string[] {
  const { alg, typ, kid } = headerOf(key);
  return [typ, `application/${typ}`].flatMap((type) => {
    const members = { alg, typ: type, kid };
    const orders = [
      ['alg', 'typ', 'kid'],
      ['alg', 'kid', 'typ'],
      ['typ', 'alg', 'kid'],
      ['typ', 'kid', 'alg'],
      ['kid', 'alg', 'typ'],
      ['kid', 'typ', 'alg'],
    ] as const;
    return orders.map((order) => {
      const header = Object.fromEntries(order.map((name) => [name, members[name]]));
      return toBase64url(utf8.encode(JSON.stringify(header)));
    });
  });
}

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
