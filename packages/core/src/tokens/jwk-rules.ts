import { fromBase64url } from '../kernel/index.ts';
import { isSigningAlgorithm, type SigningAlgorithm, signingAlgorithms } from './signing-algorithm.ts';

/** What a key of the set is for: the first signs and verifies, the others only verify. */
export type KeyRole = 'sign' | 'verify';

/** A JSON Web Key that passed the rules, reduced to the members that matter. */
export interface CheckedJwk {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** `kty`, `crv` and the public members; of a symmetric key only `kty`. */
  readonly publicJwk: Readonly<Record<string, string>>;
  /** The same with the private members; `undefined` where there are none. */
  readonly privateJwk: Readonly<Record<string, string>> | undefined;
}

/** Long enough for a thumbprint or an ARN, without anything that needs quoting in a log. */
const KID = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;
const MIN_RSA_BITS = 2048;
const MIN_HMAC_BYTES = 32;
/** 32 random bytes have fewer than 8 different values once in 10^30: such a key was typed, not made. */
const MIN_DIFFERENT_BYTES = 8;

/**
 * Checks one key of a set.
 *
 * @param path of the key, named in the error: `keys.keys[0]`
 * @throws TypeError saying which member is wrong and what is expected; never shows the member's value
 */
export function checkJwk(value: unknown, path: string, role: KeyRole): CheckedJwk {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`${path} must be a JSON Web Key (RFC 7517)`);
  const jwk = value as Readonly<Record<string, unknown>>;
  const { kid, alg } = jwk;
  if (typeof kid !== 'string' || !KID.test(kid))
    throw new TypeError(`${path}.kid must be 1 to 128 visible ASCII characters without quote and backslash`);
  if (!isSigningAlgorithm(alg))
    throw new TypeError(`${path}.alg must be one of ${Object.keys(signingAlgorithms).join(', ')}`);
  const rules = signingAlgorithms[alg];
  if (jwk['kty'] !== rules.kty) throw new TypeError(`${path}.kty must be '${rules.kty}' for ${alg}`);
  if (jwk['crv'] !== rules.crv)
    throw new TypeError(`${path}.crv must be ${rules.crv ? `'${rules.crv}'` : 'absent'} for ${alg}`);
  checkUse(jwk, path, role);

  const member = (name: string): Uint8Array => {
    const text = jwk[name];
    const bytes = typeof text === 'string' && text !== '' ? fromBase64url(text) : undefined;
    if (!bytes) throw new TypeError(`${path}.${name} must be base64url without padding, as ${alg} keys have it`);
    return bytes;
  };
  const pick = (names: readonly string[]): Record<string, string> => {
    const picked: Record<string, string> = { kty: rules.kty, ...(rules.crv && { crv: rules.crv }) };
    for (const name of names) {
      member(name);
      picked[name] = jwk[name] as string;
    }
    return picked;
  };
  const isPrivate = rules.privateMembers.some((name) => jwk[name] !== undefined);
  if (!isPrivate && (role === 'sign' || rules.kty === 'oct'))
    throw new TypeError(
      `${path}.${rules.privateMembers[0]} is missing: ${role === 'sign' ? 'the first key signs, so it must be private' : `an ${alg} key is nothing without it`}`,
    );
  const publicJwk = pick(rules.publicMembers);
  const privateJwk = isPrivate ? pick([...rules.publicMembers, ...rules.privateMembers]) : undefined;
  checkStrength(alg, path, member, isPrivate);
  return { kid, alg, publicJwk, privateJwk };
}

/** RFC 7517 sections 4.2 and 4.3: a key meant for something else is not taken. */
function checkUse(jwk: Readonly<Record<string, unknown>>, path: string, role: KeyRole): void {
  const { use, key_ops: operations } = jwk;
  if (use !== undefined && use !== 'sig') throw new TypeError(`${path}.use must be 'sig' where it is given`);
  if (operations === undefined) return;
  // the private half of a key that only verifies from now on says `sign`
  const fits = role === 'sign' ? ['sign'] : ['verify', 'sign'];
  if (!Array.isArray(operations) || !fits.some((operation) => operations.includes(operation)))
    throw new TypeError(`${path}.key_ops must include '${role}' where it is given`);
}

function checkStrength(
  alg: SigningAlgorithm,
  path: string,
  member: (name: string) => Uint8Array,
  isPrivate: boolean,
): void {
  switch (alg) {
    case 'EdDSA':
      // also refuses the points of small order that people type (0, 1, -1): anybody can sign for those
      exactly(32, member('x'), `${path}.x`);
      random(member('x'), `${path}.x`);
      if (isPrivate) exactly(32, member('d'), `${path}.d`);
      return;
    case 'ES256':
      exactly(32, member('x'), `${path}.x`);
      exactly(32, member('y'), `${path}.y`);
      if (isPrivate) exactly(32, member('d'), `${path}.d`);
      return;
    case 'RS256':
      checkRsa(member('n'), member('e'), path);
      return;
    case 'HS256':
      if (member('k').byteLength < MIN_HMAC_BYTES)
        throw new TypeError(`${path}.k must be at least ${MIN_HMAC_BYTES} random bytes (RFC 7518 section 3.2)`);
      random(member('k'), `${path}.k`);
  }
}

/** An exponent of 1 makes every message its own signature; other small ones fall to known attacks on padding. */
function checkRsa(n: Uint8Array, e: Uint8Array, path: string): void {
  const bits = n.byteLength * 8 - Math.clz32(n[0] ?? 0) + 24;
  if (n[0] === 0 || bits < MIN_RSA_BITS)
    throw new TypeError(`${path}.n must be a modulus of at least ${MIN_RSA_BITS} bits (RFC 7518 section 3.3)`);
  const exponent = e.byteLength <= 8 ? BigInt(`0x${Buffer.from(e).toString('hex')}`) : 0n;
  if (exponent < 65_537n || exponent % 2n === 0n)
    throw new TypeError(`${path}.e must be an odd exponent of at least 65537 and at most 8 bytes, usually AQAB`);
}

function exactly(size: number, bytes: Uint8Array, path: string): void {
  if (bytes.byteLength !== size) throw new TypeError(`${path} must be ${size} bytes`);
}

function random(bytes: Uint8Array, path: string): void {
  if (new Set(bytes).size < MIN_DIFFERENT_BYTES)
    throw new TypeError(`${path} must be random bytes, not a pattern or a word`);
}
