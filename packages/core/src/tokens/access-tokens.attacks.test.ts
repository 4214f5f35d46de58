import { createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AccessTokens } from './access-token.ts';
import { createAccessTokens } from './access-tokens.ts';
import { generateKeys } from './generate-keys.ts';
import { createKeyring } from './keyring.ts';

const ISSUER = 'https://api.example.com';
const NOW = Date.UTC(2026, 0, 5, 12);
const IAT = NOW / 1000;
const SID = '01890a5d-ac96-774b-bcce-b302099a8057';

type Bag = Record<string, unknown>;
const CLAIMS: Bag = {
  iss: ISSUER,
  sub: 'alice',
  aud: ISSUER,
  exp: IAT + 900,
  iat: IAT,
  jti: 'token-1',
  client_id: ISSUER,
  sid: SID,
  g: 3,
  lf: 'AAAAAAAAAAA',
  ue: 1,
  ce: 2,
  tier: 'free',
  scope: 'orders:read orders:write',
};

let tokens: AccessTokens;
let jwk: Record<string, string>;
let key: KeyObject;
let HEADER: Bag;

beforeAll(async () => {
  const text = await generateKeys('EdDSA');
  [jwk] = (JSON.parse(text) as { keys: [Record<string, string>] }).keys;
  key = createPrivateKey({ key: jwk, format: 'jwk' });
  HEADER = { alg: 'EdDSA', typ: 'at+jwt', kid: jwk.kid };
  tokens = createAccessTokens({ keyring: await createKeyring(text), issuer: ISSUER, audience: ISSUER });
});

const part = (content: string | Uint8Array | object): string =>
  Buffer.from(
    typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
  ).toString('base64url');

/** A token that is authentic to the letter of RFC 7515, whatever is in it: signed with the real key. */
function signed(header: string | Uint8Array | object, payload: string | Uint8Array | object): string {
  const input = `${part(header)}.${part(payload)}`;
  return `${input}.${part(sign(null, Buffer.from(input), key))}`;
}
const good = (): string => signed(HEADER, CLAIMS);
const withHeader = (change: Bag): string => signed({ ...HEADER, ...change }, CLAIMS);
const withClaims = (change: Bag): string => signed(HEADER, { ...CLAIMS, ...change });
const without = (name: string): string => signed(HEADER, { ...CLAIMS, [name]: undefined });
const payloadText = (from: string, to: string): string => signed(HEADER, JSON.stringify(CLAIMS).replace(from, to));
const headerText = (from: string, to: string): string => signed(JSON.stringify(HEADER).replace(from, to), CLAIMS);
const parts = (): [string, string, string] => good().split('.') as [string, string, string];

/** The same bytes, spelled with other unused low bits in the last character. */
function respelled(text: string): string[] {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const bytes = Buffer.from(text, 'base64url');
  return Array.from(alphabet)
    .map((last) => text.slice(0, -1) + last)
    .filter((other) => other !== text && Buffer.from(other, 'base64url').equals(bytes));
}

it('the token that all attacks start from is valid', async () => {
  expect(await tokens.verify(good(), NOW)).toEqual({ outcome: 'valid', claims: CLAIMS });
});

it('claims that nobody knows are left out of the answer', async () => {
  expect(await tokens.verify(withClaims({ is_admin: true }), NOW)).toEqual({ outcome: 'valid', claims: CLAIMS });
});

const BOM = '\uFEFF';
const notOurs: Record<string, readonly [() => string, 'malformed' | 'forged']> = {
  // no compact JWS
  'an empty text': [() => '', 'malformed'],
  'a word': [() => 'token', 'malformed'],
  'two dots': [() => '..', 'malformed'],
  'two parts': [() => parts().slice(0, 2).join('.'), 'malformed'],
  'four parts': [() => `${good()}.AAAA`, 'malformed'],
  'the five parts of a JWE': [() => `${part(HEADER)}.AAAA.AAAA.AAAA.AAAA`, 'malformed'],
  'a dot at the end': [() => `${good()}.`, 'malformed'],
  'a dot in front': [() => `.${good()}`, 'malformed'],
  'a refresh token': [() => `cst_rt_${'A'.repeat(94)}`, 'malformed'],
  'a JWS in JSON': [() => JSON.stringify({ payload: parts()[1], signature: parts()[2] }), 'malformed'],
  'ten thousand dots': [() => '.'.repeat(10_000), 'malformed'],
  'more than 8192 characters, well signed': [() => withClaims({ scope: 'a'.repeat(7000) }), 'malformed'],
  // more than one token behind the scheme: a header that was sent twice arrives so
  'two tokens': [() => `${good()} ${good()}`, 'malformed'],
  'two headers joined into one': [() => `${good()}, Bearer ${good()}`, 'malformed'],
  'two headers joined without a space': [() => `${good()},${good()}`, 'malformed'],
  'a list of parameters': [() => `token="${good()}", realm="x"`, 'malformed'],
  'payload nested as deep as fits': [() => signed(HEADER, `{"a":${'['.repeat(2900)}${']'.repeat(2900)}}`), 'forged'],
  // another spelling of the same bytes
  'a space in front': [() => ` ${good()}`, 'forged'],
  'a space at the end': [() => `${good()} `, 'malformed'],
  'a line feed at the end': [() => `${good()}\n`, 'malformed'],
  'a NUL at the end': [() => `${good()}\0`, 'malformed'],
  'a space inside the signature': [() => good().replace(/.{20}$/, ' $&'), 'malformed'],
  'a tab inside the payload': [() => good().replace('.', '.\t'), 'malformed'],
  'a line feed inside the header': [() => good().replace(/^.{8}/, '$&\n'), 'forged'],
  'padding after the header': [() => good().replace('.', '=.'), 'forged'],
  'padding after the payload': [() => good().replace(/\.(?=[^.]*$)/, '==.'), 'malformed'],
  'padding after the signature': [() => `${good()}==`, 'malformed'],
  'plain base64 for base64url': [
    () =>
      signedUntil(/[-_].*$/)
        .replace(/-/g, '+')
        .replace(/_/g, '/'),
    'malformed',
  ],
  'a full-width letter': [() => `${good()}Ａ`, 'malformed'],
  'a percent escape': [() => `${good().slice(0, -1)}%41`, 'malformed'],
  // the signature
  'no signature': [() => `${parts().slice(0, 2).join('.')}.`, 'malformed'],
  'a signature one character short': [() => good().slice(0, -1), 'malformed'],
  'a signature one byte short': [() => `${parts().slice(0, 2).join('.')}.${part(signature().subarray(1))}`, 'forged'],
  'a signature one byte long': [
    () => `${parts().slice(0, 2).join('.')}.${part(Buffer.concat([signature(), Buffer.of(0)]))}`,
    'forged',
  ],
  'a signature of zeros': [() => `${parts().slice(0, 2).join('.')}.${part(new Uint8Array(64))}`, 'forged'],
  'the signature of another token': [
    () => `${parts().slice(0, 2).join('.')}.${withClaims({ sub: 'mallory' }).split('.')[2]}`,
    'forged',
  ],
  'the payload of another token': [
    () => `${parts()[0]}.${part({ ...CLAIMS, sub: 'mallory' })}.${parts()[2]}`,
    'forged',
  ],
  'a scalar of the signature raised by the order of the group': [() => raisedScalar(), 'forged'],
  // algorithms (RFC 8725 section 2.1)
  'alg none without signature': [() => `${part({ ...HEADER, alg: 'none' })}.${part(CLAIMS)}.`, 'malformed'],
  'alg none with a signature': [() => withHeader({ alg: 'none' }), 'forged'],
  'alg nOnE': [() => withHeader({ alg: 'nOnE' }), 'forged'],
  'alg HS256, keyed with the public key': [() => hmac(Buffer.from(String(jwk.x), 'base64url')), 'forged'],
  'alg HS256, keyed with the public key as PEM': [
    () => hmac(Buffer.from(createPublicKey(key).export({ type: 'spki', format: 'pem' }))),
    'forged',
  ],
  'alg HS256, keyed with nothing': [() => hmac(Buffer.alloc(0)), 'forged'],
  'alg ES256 for an Ed25519 key': [() => withHeader({ alg: 'ES256' }), 'forged'],
  'alg Ed25519, its newer name': [() => withHeader({ alg: 'Ed25519' }), 'forged'],
  'alg in small letters': [() => withHeader({ alg: 'eddsa' }), 'forged'],
  'alg missing': [() => withHeader({ alg: undefined }), 'forged'],
  'alg as a list': [() => withHeader({ alg: ['EdDSA'] }), 'forged'],
  // the other headers
  'typ JWT': [() => withHeader({ typ: 'JWT' }), 'forged'],
  'typ of an ID token, missing': [() => withHeader({ typ: undefined }), 'forged'],
  'typ in capitals': [() => withHeader({ typ: 'AT+JWT' }), 'forged'],
  'typ logout+jwt': [() => withHeader({ typ: 'logout+jwt' }), 'forged'],
  'kid unknown': [() => withHeader({ kid: 'other' }), 'forged'],
  'kid missing': [() => withHeader({ kid: undefined }), 'forged'],
  'kid __proto__': [() => withHeader({ kid: '__proto__' }), 'forged'],
  'kid as a path': [() => withHeader({ kid: '../../dev/null' }), 'forged'],
  'kid as a list': [() => withHeader({ kid: [jwk.kid] }), 'forged'],
  'crit, empty': [() => withHeader({ crit: [] }), 'forged'],
  'crit exp': [() => withHeader({ crit: ['exp'], exp: IAT + 900 }), 'forged'],
  'b64 false': [() => withHeader({ crit: ['b64'], b64: false }), 'forged'],
  'b64 true': [() => withHeader({ b64: true }), 'forged'],
  'an embedded jwk': [() => withHeader({ jwk: { kty: 'OKP', crv: 'Ed25519', x: jwk.x } }), 'forged'],
  'a jku': [() => withHeader({ jku: 'https://evil.example/jwks.json' }), 'forged'],
  'an x5u': [() => withHeader({ x5u: 'https://evil.example/cert.pem' }), 'forged'],
  'an x5c': [() => withHeader({ x5c: ['MIIB'] }), 'forged'],
  'cty JWT': [() => withHeader({ cty: 'JWT' }), 'forged'],
  'zip DEF': [() => withHeader({ zip: 'DEF' }), 'forged'],
  'a header of no meaning': [() => withHeader({ hello: 1 }), 'forged'],
  'alg twice': [() => headerText('{', '{"alg":"none",'), 'forged'],
  'kid twice': [() => headerText('}', ',"kid":"other"}'), 'forged'],
  'a byte-order mark before the header': [() => signed(BOM + JSON.stringify(HEADER), CLAIMS), 'forged'],
  'whitespace in the header': [() => headerText('{', '{ '), 'forged'],
  'a header that is no JSON': [() => signed('{', CLAIMS), 'forged'],
  'a header that is a list': [() => signed([HEADER], CLAIMS), 'forged'],
  // JSON of the payload
  'sub twice': [() => payloadText('{', '{"sub":"mallory",'), 'malformed'],
  'sub twice, once escaped': [() => payloadText('{', '{"s\\u0075b":"mallory",'), 'malformed'],
  'an escaped name': [() => payloadText('"sub"', '"s\\u0075b"'), 'malformed'],
  'a byte-order mark before the payload': [() => signed(HEADER, BOM + JSON.stringify(CLAIMS)), 'malformed'],
  'a payload that is no UTF-8': [
    () => signed(HEADER, Buffer.from(JSON.stringify(CLAIMS).replace('alice', 'al\u00E9'), 'latin1')),
    'malformed',
  ],
  'a payload in UTF-16': [() => signed(HEADER, Buffer.from(JSON.stringify(CLAIMS), 'utf16le')), 'malformed'],
  'whitespace in the payload': [() => payloadText(',', ', '), 'malformed'],
  'text after the payload': [() => signed(HEADER, `${JSON.stringify(CLAIMS)}{}`), 'malformed'],
  'a payload that is a list': [() => signed(HEADER, [CLAIMS]), 'malformed'],
  'a payload that is null': [() => signed(HEADER, 'null'), 'malformed'],
  'a payload that is a text': [() => signed(HEADER, '"alice"'), 'malformed'],
  'a payload that is a token': [() => signed(HEADER, good()), 'malformed'],
  'an empty payload': [() => signed(HEADER, ''), 'malformed'],
  'claims behind __proto__': [() => signed(HEADER, `{"__proto__":${JSON.stringify(CLAIMS)}}`), 'forged'],
  // times
  'exp 1e999': [() => payloadText(`"exp":${IAT + 900}`, '"exp":1e999'), 'malformed'],
  'exp as a fraction': [() => withClaims({ exp: IAT + 900.5 }), 'forged'],
  'exp with an exponent': [() => payloadText(`"exp":${IAT + 900}`, `"exp":${(IAT + 900) / 100}e2`), 'malformed'],
  'exp as text': [() => withClaims({ exp: String(IAT + 900) }), 'forged'],
  'exp null': [() => withClaims({ exp: null }), 'forged'],
  'exp negative': [() => withClaims({ exp: -1 }), 'forged'],
  'exp beyond safe integers': [() => withClaims({ exp: 2 ** 60 }), 'forged'],
  'exp at iat': [() => withClaims({ exp: IAT }), 'forged'],
  'a life of more than an hour': [() => withClaims({ exp: IAT + 3601 }), 'forged'],
  'iat more than a minute ahead': [() => withClaims({ iat: IAT + 61, exp: IAT + 900 }), 'forged'],
  'iat as text': [() => withClaims({ iat: String(IAT) }), 'forged'],
  'nbf, which is never issued': [() => withClaims({ nbf: IAT + 600 }), 'forged'],
  // whose, for whom
  'another issuer': [() => withClaims({ iss: 'https://evil.example' }), 'forged'],
  'the issuer with a slash': [() => withClaims({ iss: `${ISSUER}/` }), 'forged'],
  'the issuer as a list': [() => withClaims({ iss: [ISSUER] }), 'forged'],
  'another audience': [() => withClaims({ aud: 'https://other.example' }), 'forged'],
  'ours among other audiences': [() => withClaims({ aud: [ISSUER, 'https://other.example'] }), 'forged'],
  'a token bound to a key': [() => withClaims({ cnf: { jkt: 'A'.repeat(43) } }), 'forged'],
  // types of the other claims
  'sub as a number': [() => withClaims({ sub: 7 }), 'forged'],
  'sub empty': [() => withClaims({ sub: '' }), 'forged'],
  'sub of 256 characters': [() => withClaims({ sub: 'a'.repeat(256) }), 'forged'],
  'jti as a number': [() => withClaims({ jti: 1 }), 'forged'],
  'sid that is no UUID': [() => withClaims({ sid: 'session' }), 'forged'],
  'sid in capitals': [() => withClaims({ sid: SID.toUpperCase() }), 'forged'],
  'g as text': [() => withClaims({ g: '3' }), 'forged'],
  'g negative': [() => withClaims({ g: -1 }), 'forged'],
  'g beyond 32 bits': [() => withClaims({ g: 2 ** 32 }), 'forged'],
  'lf of 10 characters': [() => withClaims({ lf: 'A'.repeat(10) }), 'forged'],
  'lf with unused bits set': [() => withClaims({ lf: `${'A'.repeat(10)}B` }), 'forged'],
  'ue as text': [() => withClaims({ ue: '1' }), 'forged'],
  'ce as a fraction': [() => withClaims({ ce: 1.5 }), 'forged'],
  'tier as a list': [() => withClaims({ tier: ['sovereign'] }), 'forged'],
  'scope as a list': [() => withClaims({ scope: ['orders:write'] }), 'forged'],
  'scope with two spaces': [() => withClaims({ scope: 'a  b' }), 'forged'],
  'scope with a quote': [() => withClaims({ scope: 'a"b' }), 'forged'],
  'tenant empty': [() => withClaims({ tenant: '' }), 'forged'],
  'tenant as a number': [() => withClaims({ tenant: 1 }), 'forged'],
};

/** Signs new tokens until a part of one has a character that the two alphabets write differently. */
function signedUntil(pattern: RegExp): string {
  for (let n = 0; ; n++) {
    const token = withClaims({ jti: `token-${n}` });
    if (pattern.test(token)) return token;
  }
}

function signature(): Buffer {
  return Buffer.from(parts()[2], 'base64url');
}

/** S + L instead of S: the same signature to a verifier that does not reduce (RFC 8032 section 8.4). */
function raisedScalar(): string {
  const bytes = signature();
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  let s = 0n;
  for (let i = 63; i >= 32; i--) s = (s << 8n) | BigInt(bytes[i] ?? 0);
  s += order;
  for (let i = 32; i < 64; i++, s >>= 8n) bytes[i] = Number(s & 255n);
  return `${parts().slice(0, 2).join('.')}.${part(bytes)}`;
}

function hmac(secret: Uint8Array): string {
  const input = `${part({ ...HEADER, alg: 'HS256' })}.${part(CLAIMS)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

describe('never issued by us:', () => {
  it.each(Object.entries(notOurs))('%s', async (_name, [forge, outcome]) => {
    expect(await tokens.verify(forge(), NOW)).toEqual({ outcome });
  });

  it.each(Object.keys(CLAIMS))('without the claim %s', async (name) => {
    expect(await tokens.verify(without(name), NOW)).toEqual({ outcome: 'forged' });
  });

  it.each([0, 1, 2])('part %i with other unused bits in its last character', async (index) => {
    // of three payload lengths in a row, two leave unused bits
    const spellings = ['1', '12', '123'].flatMap((jti) => {
      const original = withClaims({ jti }).split('.');
      return respelled(original[index] ?? '').map((other) => original.with(index, other).join('.'));
    });
    if (index === 2) expect(spellings).toHaveLength(3 * 15);
    const outcomes = await Promise.all(spellings.map((token) => tokens.verify(token, NOW)));
    expect(outcomes.filter(({ outcome }) => outcome !== 'malformed' && outcome !== 'forged')).toEqual([]);
  });

  it('a token of another ring that uses our kid', async () => {
    const text = (await generateKeys('EdDSA')).replace(/"kid":"[^"]*"/, `"kid":"${jwk.kid}"`);
    const others = createAccessTokens({ keyring: await createKeyring(text), issuer: ISSUER, audience: ISSUER });
    const token = await others.issue({
      subject: 'alice',
      tenant: '',
      sessionId: SID,
      generation: 3,
      leafPrefix: 'AAAAAAAAAAA',
      userEpoch: 1,
      claimsEpoch: 2,
      tier: 'free',
      scopes: [],
      issuedAt: NOW,
      expiresAt: NOW + 900_000,
    });
    expect(await others.verify(token, NOW)).toMatchObject({ outcome: 'valid' });
    expect(await tokens.verify(token, NOW)).toEqual({ outcome: 'forged' });
  });
});

it.each(['at+jwt', 'application/at+jwt'])(
  'ours in any order of the header, with typ %s (RFC 9068 section 4)',
  async (typ) => {
    const { alg, kid } = HEADER;
    for (const header of [
      { alg, typ, kid },
      { alg, kid, typ },
      { typ, alg, kid },
      { typ, kid, alg },
      { kid, alg, typ },
      { kid, typ, alg },
    ])
      expect(await tokens.verify(signed(header, CLAIMS), NOW)).toMatchObject({ outcome: 'valid' });
  },
);

it('every character of a token changed in every bit is refused', async () => {
  const token = good();
  for (let at = 0; at < token.length; at++) {
    const changed = Array.from({ length: 7 }, (_, bit) => {
      const other = String.fromCharCode(token.charCodeAt(at) ^ (1 << bit));
      return token.slice(0, at) + other + token.slice(at + 1);
    });
    for (const outcome of await Promise.all(changed.map((text) => tokens.verify(text, NOW))))
      expect(outcome).not.toHaveProperty('claims');
  }
});

it('every shorter token is refused', async () => {
  const token = good();
  const cut = Array.from({ length: token.length }, (_, length) => token.slice(0, length));
  for (const { outcome } of await Promise.all(cut.map((text) => tokens.verify(text, NOW))))
    expect(['malformed', 'forged']).toContain(outcome);
});
