import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { generateKeys } from './generate-keys.ts';
import { createKeyring } from './keyring.ts';
import type { SigningAlgorithm } from './signing-algorithm.ts';

type Jwk = Partial<Record<string, unknown>>;
const generate = async (alg: SigningAlgorithm): Promise<Jwk> => {
  const [jwk] = (JSON.parse(await generateKeys(alg)) as { keys: [Jwk] }).keys;
  return jwk;
};
const rsa = (modulusLength: number, publicExponent: number): Jwk => ({
  ...generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey.export({ format: 'jwk' }),
  kid: 'r',
  alg: 'RS256',
});
const publicOf = ({ kty, crv, x, y, n, e, kid, alg }: Jwk): Jwk =>
  JSON.parse(JSON.stringify({ kty, crv, x, y, n, e, kid, alg })) as Jwk;
const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
const refusal = async (keys: unknown): Promise<string> => {
  const failed: unknown = await createKeyring(keys as string).then(
    () => 'taken',
    (error: unknown) => error,
  );
  expect(failed).toBeInstanceOf(TypeError);
  return (failed as TypeError).message;
};

const [ed, ec, hs] = await Promise.all([generate('EdDSA'), generate('ES256'), generate('HS256')]);
const rs = rsa(2048, 65_537);
const other = await generate('EdDSA');

describe('a set that is no set is refused, naming the option:', () => {
  it.each<[string, unknown]>([
    ['nothing', ''],
    ['no JSON', 'secret'],
    ['a PEM', '-----BEGIN PRIVATE KEY-----'],
    ['a text', '"keys"'],
    ['null', 'null'],
    ['a list', '[]'],
    ['a single key', JSON.stringify(ed)],
    ['no keys', '{"keys":[]}'],
    ['keys that are no list', '{"keys":{}}'],
    ['members twice', '{"keys":[],"keys":[]}'],
    ['undefined', undefined],
    ['a number', 7],
  ])('%s', async (_name, keys) => {
    expect(await refusal(keys)).toMatch(/^keys must be a private JWK Set as JSON/);
  });

  it('under the name that the caller gives it', async () => {
    await expect(createKeyring('x', 'CASTELLAN_KEYS')).rejects.toThrow(/^CASTELLAN_KEYS must be/);
  });
});

describe('a wrong or weak key is refused, naming its member:', () => {
  it.each<[string, unknown, RegExp]>([
    ['null', null, /^keys\.keys\[0\] must be a JSON Web Key/],
    ['a text', 'secret', /^keys\.keys\[0\] must be a JSON Web Key/],
    ['without kid', { ...ed, kid: undefined }, /^keys\.keys\[0\]\.kid must be/],
    ['an empty kid', { ...ed, kid: '' }, /\.kid must be/],
    ['a kid with a line feed', { ...ed, kid: 'a\nb' }, /\.kid must be/],
    ['a kid of 129 characters', { ...ed, kid: 'a'.repeat(129) }, /\.kid must be/],
    ['a kid that is a number', { ...ed, kid: 1 }, /\.kid must be/],
    ['without alg', { ...ed, alg: undefined }, /\.alg must be one of EdDSA, ES256, RS256, HS256/],
    ['alg none', { ...ed, alg: 'none' }, /\.alg must be one of/],
    ['alg of a method of Object', { ...ed, alg: 'toString' }, /\.alg must be one of/],
    ['alg RS512', { ...rs, alg: 'RS512' }, /\.alg must be one of/],
    ['an OKP key for HS256', { ...ed, alg: 'HS256' }, /\.kty must be 'oct' for HS256/],
    ['an RSA key for EdDSA', { ...rs, alg: 'EdDSA' }, /\.kty must be 'OKP' for EdDSA/],
    ['a secret for RS256', { ...hs, alg: 'RS256' }, /\.kty must be 'RSA' for RS256/],
    ['X25519 for EdDSA', { ...ed, crv: 'X25519' }, /\.crv must be 'Ed25519' for EdDSA/],
    ['Ed448 for EdDSA', { ...ed, crv: 'Ed448' }, /\.crv must be 'Ed25519'/],
    ['P-384 for ES256', { ...ec, crv: 'P-384' }, /\.crv must be 'P-256' for ES256/],
    ['a curve for a secret', { ...hs, crv: 'P-256' }, /\.crv must be absent for HS256/],
    ['use enc', { ...ed, use: 'enc' }, /\.use must be 'sig'/],
    ['key_ops of another purpose', { ...ed, key_ops: ['deriveKey'] }, /\.key_ops must include 'sign'/],
    ['key_ops of no list', { ...ed, key_ops: 'sign' }, /\.key_ops must include/],
    ['a public key first', publicOf(ed), /\.d is missing: the first key signs/],
    ['a public RSA key first', publicOf(rs), /\.d is missing/],
    ['RSA without its primes', { ...rs, p: undefined }, /\.p must be base64url/],
    ['a secret without k', { ...hs, k: undefined }, /\.k is missing/],
    ['x with padding', { ...ed, x: `${String(ed.x)}=` }, /\.x must be base64url/],
    ['d in plain base64', { ...ed, d: `${String(ed.d).slice(0, -2)}+/` }, /\.d must be base64url/],
    ['an Ed25519 key of 31 bytes', { ...ed, x: b64(new Uint8Array(31).map((_, i) => i)) }, /\.x must be 32 bytes/],
    ['an Ed25519 point of small order', { ...ed, x: b64(new Uint8Array(32)) }, /\.x must be random bytes/],
    [
      'a private part of 31 bytes',
      { ...ed, d: b64(Buffer.from(String(ed.d), 'base64url').subarray(1)) },
      /\.d must be 32 bytes/,
    ],
    ['halves of two keys', { ...ed, x: other.x }, /^keys\.keys\[0\] must be/],
    ['a point beside the curve', { ...ec, y: ec.x }, /^keys\.keys\[0\] must be a valid key/],
    [
      'an HMAC key of 31 bytes',
      { ...hs, k: b64(Buffer.from(String(hs.k), 'base64url').subarray(1)) },
      /\.k must be at least 32 random bytes/,
    ],
    ['an HMAC key of zeros', { ...hs, k: b64(new Uint8Array(32)) }, /\.k must be random bytes, not a pattern/],
    ['an HMAC key of a repeated word', { ...hs, k: b64(Buffer.from('secret'.repeat(6))) }, /\.k must be random bytes/],
    ['RSA of 1024 bits', rsa(1024, 65_537), /\.n must be a modulus of at least 2048 bits/],
    ['RSA of 2040 bits', rsa(2040, 65_537), /\.n must be a modulus of at least 2048 bits/],
    ['RSA with e = 3', rsa(2048, 3), /\.e must be an odd exponent of at least 65537/],
    ['RSA with e = 1', { ...rs, e: 'AQ' }, /\.e must be an odd exponent/],
    ['RSA with e = 0', { ...rs, e: 'AA' }, /\.e must be an odd exponent/],
    ['RSA with an even e', { ...rs, e: b64(Buffer.of(1, 0, 2)) }, /\.e must be an odd exponent/],
    [
      'RSA with an e of 9 bytes',
      { ...rs, e: b64(Buffer.of(1, 0, 0, 0, 0, 0, 0, 0, 1)) },
      /\.e must be an odd exponent/,
    ],
    [
      'RSA with another modulus',
      { ...rs, n: b64(Buffer.from(String(rs.n), 'base64url').map((byte, at) => (at === 9 ? byte ^ 1 : byte))) },
      /^keys\.keys\[0\] must be/,
    ],
  ])('%s', async (_name, jwk, message) => {
    const refused = await refusal({ keys: [jwk] });
    expect(refused).toMatch(message);
    for (const secret of [ed.d, ec.d, rs.d, rs.p, hs.k]) expect(refused).not.toContain(String(secret).slice(0, 8));
  });

  it('the second of two keys with one kid', async () => {
    expect(await refusal({ keys: [ed, { ...other, kid: ed.kid }] })).toMatch(/^keys\.keys\[1\]\.kid must be unique/);
  });

  it('a weak key further down', async () => {
    expect(await refusal({ keys: [ed, { ...publicOf(rs), e: 'AQ' }] })).toMatch(/^keys\.keys\[1\]\.e must be/);
  });
});

it('the first key signs, all verify; of the others a public key is enough', async () => {
  const ring = await createKeyring({ keys: [ec, publicOf(ed), rs, hs] });
  expect(ring.signing).toMatchObject({ kid: ec.kid, alg: 'ES256' });
  expect(ring.toJSON()).toEqual({ signs: ec.kid, verifies: [ec.kid, ed.kid, 'r', hs.kid] });
});

it('a private key that only verifies may say that it was for signing', async () => {
  const ring = await createKeyring({ keys: [ed, { ...rs, key_ops: ['sign'] }] });
  expect(ring.toJSON()).toEqual({ signs: ed.kid, verifies: [ed.kid, 'r'] });
});

it('the published set has public members only, and no symmetric key', async () => {
  const ring = await createKeyring(JSON.stringify({ keys: [rs, ed, ec, hs] }));
  expect(ring.jwks()).toEqual({
    keys: [
      { kty: 'RSA', n: rs.n, e: rs.e, kid: 'r', alg: 'RS256', use: 'sig' },
      { kty: 'OKP', crv: 'Ed25519', x: ed.x, kid: ed.kid, alg: 'EdDSA', use: 'sig' },
      { kty: 'EC', crv: 'P-256', x: ec.x, y: ec.y, kid: ec.kid, alg: 'ES256', use: 'sig' },
    ],
  });
  expect((await createKeyring({ keys: [hs] })).jwks()).toEqual({ keys: [] });
});

it('a keyring prints without key material, however it is printed', async () => {
  const ring = await createKeyring({ keys: [ed, ec, rs, hs] });
  const printed = [
    inspect(ring, { depth: 9, showHidden: true }),
    JSON.stringify(ring),
    `${ring as unknown as string}`,
    inspect({ ring }),
  ];
  expect(printed[0]).toContain(`signs: '${String(ed.kid)}'`);
  for (const text of printed)
    for (const secret of [ed.d, ec.d, rs.d, rs.p, hs.k]) expect(text).not.toContain(String(secret).slice(0, 8));
});

it('no key of a keyring can be exported', async () => {
  const ring = await createKeyring({ keys: [ed] });
  expect(ring.signing.key.extractable).toBe(false);
});

it.each(['EdDSA', 'ES256', 'RS256', 'HS256'] as const)(
  'generated %s keys are taken, and are new each time',
  async (alg) => {
    const [one, two] = [await generateKeys(alg), await generateKeys(alg)];
    expect(one).not.toBe(two);
    expect((await createKeyring(one)).signing.alg).toBe(alg);
  },
);

it('the kid of a generated secret tells nothing of it', async () => {
  const bytes = (size: number) => new Uint8Array(size).map((_, at) => at * 7 + size);
  const [first, second] = [
    await generateKeys('HS256', bytes),
    await generateKeys('HS256', (size) => bytes(size).map((byte) => (size === 32 ? byte ^ 1 : byte))),
  ];
  const kid = (text: string) => (JSON.parse(text) as { keys: [Jwk] }).keys[0].kid;
  expect(first).not.toBe(second);
  expect(kid(first)).toBe(kid(second));
});
