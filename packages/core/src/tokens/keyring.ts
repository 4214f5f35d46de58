import { createPrivateKey, createSecretKey, type KeyObject, subtle, type webcrypto } from 'node:crypto';
import { inspect } from 'node:util';
import { fromBase64url, parseJson } from '../kernel/index.ts';
import { headerParts } from './header-parts.ts';
import { type CheckedJwk, checkJwk } from './jwk-rules.ts';
import type { SigningAlgorithm } from './signing-algorithm.ts';
import type { SigningKey, VerificationKey } from './signing-key.ts';

/** The keys of access tokens: one signs, all verify. Prints and serialises without any key material. */
export interface Keyring {
  readonly signing: SigningKey;
  /** Signs a payload as a compact JWS (RFC 7515) of type `at+jwt`. */
  sign(payload: string): string | Promise<string>;
  /** Whether the key signed this compact JWS, with the algorithm that is bound to the key. */
  verify(key: VerificationKey, token: string): boolean | Promise<boolean>;
  /**
   * The key that signs tokens with this first part, to the letter. So the header of a token asks for nothing: it can't
   * name another algorithm or type, bring or point to a key (`jwk`, `jku`, `x5u`, `x5c`), or use `crit` and `b64`.
   */
  verification(header: string): VerificationKey | undefined;
  /** Public keys only, as a JWK Set (RFC 7517), the signing one first; HS256 keys are left out. */
  jwks(): { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  /** Key ids only. */
  toJSON(): object;
}

/**
 * Reads a JWK Set (RFC 7517) whose keys have `kid` and `alg`. The first, private, signs; the others verify and may be
 * public. To rotate: add the new key at the end everywhere, then move it to the front, and take the old one out when
 * the last token signed with it is dead. Nobody is logged out.
 *
 * @param jwks JSON text, or the set itself
 * @param path of the option, named in errors
 * @throws TypeError naming the path of a missing, weak or wrong member and what is expected; never its value
 */
export async function createKeyring(
  jwks: string | { readonly keys: readonly object[] },
  path = 'keys',
): Promise<Keyring> {
  const checked = checkSet(jwks, path);
  const { compactSigner, verifyCompact } = await import('./signature.ts'); // importing the library stays quick
  const keys = new Map<string, VerificationKey>();
  for (const [index, jwk] of checked.entries()) {
    const key = await imported(`${path}.keys[${index}]`, () => verificationKey(jwk));
    for (const header of headerParts(key)) keys.set(header, key);
  }
  const [first] = checked as [CheckedJwk];
  const signing = await imported(`${path}.keys[0]`, () => signingKey(first));
  const sign = await imported(`${path}.keys[0]`, () => compactSigner(first.kid, first.alg, privateKey(first)));
  const probe = await imported(`${path}.keys[0]`, () => sign('{}'));
  // a private part that belongs to another public part would sign tokens that nobody can verify
  if (!(await verifyCompact(keys.get(headerParts(signing)[0]) as VerificationKey, probe)))
    throw new TypeError(`${path}.keys[0] must be one key: its private and public members do not belong together`);

  const published = {
    keys: checked
      .filter((jwk) => jwk.alg !== 'HS256')
      .map(({ kid, alg, publicJwk }) => Object.freeze({ ...publicJwk, kid, alg, use: 'sig' })),
  };
  const masked = () => ({ signs: first.kid, verifies: checked.map(({ kid }) => kid) });
  const keyring = {
    signing,
    sign,
    verify: verifyCompact,
    verification: (header: string) => keys.get(header),
    jwks: () => published,
    toJSON: masked,
    [inspect.custom]: () => `Keyring ${inspect(masked())}`,
  };
  return Object.freeze(keyring);
}

function checkSet(jwks: string | { readonly keys: readonly object[] }, path: string): readonly CheckedJwk[] {
  const shape = `${path} must be a private JWK Set as JSON: {"keys": [{"kid": …, "alg": "EdDSA", …}, …]}`;
  let set: unknown = jwks;
  if (typeof jwks === 'string') {
    const parsed = parseJson(jwks);
    if ('refused' in parsed) throw new TypeError(shape);
    set = parsed.value;
  }
  const keys = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined;
  if (!Array.isArray(keys) || keys.length === 0) throw new TypeError(shape);
  const checked = keys.map((key, index) => checkJwk(key, `${path}.keys[${index}]`, index === 0 ? 'sign' : 'verify'));
  const kids = new Set<string>();
  for (const [index, { kid }] of checked.entries()) {
    if (kids.has(kid)) throw new TypeError(`${path}.keys[${index}].kid must be unique, '${kid}' is there twice`);
    kids.add(kid);
  }
  return checked;
}

/** What the import says is not passed on: it could hold parts of the key. */
async function imported<T>(path: string, load: () => T | Promise<T>): Promise<T> {
  try {
    return await load();
  } catch {
    throw new TypeError(`${path} must be a valid key: its members do not make one`);
  }
}

async function signingKey({ kid, alg, privateJwk }: CheckedJwk): Promise<SigningKey> {
  const key = alg === 'HS256' ? await hmacKey(privateJwk) : await asymmetricKey(privateJwk, alg);
  return Object.freeze({ kid, alg, key });
}

function privateKey({ alg, privateJwk }: CheckedJwk): KeyObject {
  if (alg === 'HS256') return createSecretKey(secretBytes(privateJwk));
  return createPrivateKey({ key: { ...privateJwk }, format: 'jwk' });
}

async function verificationKey({ kid, alg, publicJwk, privateJwk }: CheckedJwk): Promise<VerificationKey> {
  return Object.freeze(
    alg === 'HS256'
      ? { kid, alg, key: await hmacKey(privateJwk), secret: createSecretKey(secretBytes(privateJwk)) }
      : { kid, alg, key: await asymmetricKey(publicJwk, alg), secret: undefined },
  );
}

async function asymmetricKey(jwk: CheckedJwk['privateJwk'], alg: SigningAlgorithm): Promise<webcrypto.CryptoKey> {
  const { importJWK } = await import('jose/key/import');
  return (await importJWK({ ...jwk }, alg, { extractable: false })) as webcrypto.CryptoKey;
}

/** As a `CryptoKey`: jose would import bytes again at every call. */
async function hmacKey(jwk: CheckedJwk['privateJwk']): Promise<webcrypto.CryptoKey> {
  return subtle.importKey('raw', secretBytes(jwk), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}

function secretBytes(jwk: CheckedJwk['privateJwk']): Uint8Array<ArrayBuffer> {
  return new Uint8Array(fromBase64url(jwk?.['k'] ?? '') ?? []);
}
