import { jwtVerify } from 'jose';
import { expect, it } from 'vitest';
import type { AccessTokenInput } from './access-token.ts';
import { createAccessTokens } from './access-tokens.ts';
import { generateKeys } from './generate-keys.ts';
import { createKeyring } from './keyring.ts';
import type { SigningAlgorithm } from './signing-algorithm.ts';

const ISSUER = 'https://api.example.com';
const NOW = Date.UTC(2026, 0, 5, 12, 0, 0, 700);

const INPUT: AccessTokenInput = {
  subject: 'alice',
  tenant: '',
  sessionId: '01890a5d-ac96-774b-bcce-b302099a8057',
  generation: 3,
  leafPrefix: 'AAAAAAAAAAA',
  userEpoch: 1,
  claimsEpoch: 2,
  tier: 'free',
  scopes: ['orders:read', 'orders:write'],
  issuedAt: NOW,
  expiresAt: NOW + 900_000,
};

const ring = async (alg: SigningAlgorithm = 'EdDSA') => createKeyring(await generateKeys(alg));
const make = async (alg?: SigningAlgorithm) =>
  createAccessTokens({ keyring: await ring(alg), issuer: ISSUER, audience: 'orders', makeId: () => 'token-1' });
const headerOf = (token: string): unknown => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());

it.each(['EdDSA', 'ES256', 'RS256', 'HS256'] as const)(
  '%s: what is issued verifies, and no byte of it may change',
  async (alg) => {
    const tokens = await make(alg);
    const token = await tokens.issue(INPUT);
    expect(headerOf(token)).toEqual({ alg, typ: 'at+jwt', kid: expect.any(String) });
    expect(await tokens.verify(token, NOW)).toMatchObject({ outcome: 'valid' });
    const changed = Array.from(
      token,
      (char, at) => token.slice(0, at) + (char === 'A' ? 'Q' : 'A') + token.slice(at + 1),
    );
    const outcomes = await Promise.all(changed.map((text) => tokens.verify(text, NOW)));
    expect(outcomes.filter((found, at) => changed[at] !== token && 'claims' in found)).toEqual([]);
  },
);

it('the claims are those of the contract, times rounded down to seconds', async () => {
  const tokens = await make();
  const outcome = await tokens.verify(await tokens.issue(INPUT), NOW);
  expect(outcome).toEqual({
    outcome: 'valid',
    claims: {
      iss: ISSUER,
      sub: 'alice',
      aud: 'orders',
      exp: Math.floor(NOW / 1000) + 900,
      iat: Math.floor(NOW / 1000),
      jti: 'token-1',
      client_id: 'orders',
      sid: INPUT.sessionId,
      g: 3,
      lf: 'AAAAAAAAAAA',
      ue: 1,
      ce: 2,
      tier: 'free',
      scope: 'orders:read orders:write',
    },
  });
});

it('a tenant is a claim only when it is not empty', async () => {
  const tokens = await make();
  const outcome = await tokens.verify(await tokens.issue({ ...INPUT, tenant: 'acme' }), NOW);
  expect(outcome).toMatchObject({ claims: { tenant: 'acme' } });
});

it('client_id is what it is set to', async () => {
  const tokens = createAccessTokens({ keyring: await ring(), issuer: ISSUER, audience: 'orders', clientId: 'web' });
  expect(await tokens.verify(await tokens.issue(INPUT), NOW)).toMatchObject({ claims: { client_id: 'web' } });
});

it('a token without scopes has an empty scope', async () => {
  const tokens = await make();
  expect(await tokens.verify(await tokens.issue({ ...INPUT, scopes: [] }), NOW)).toMatchObject({
    outcome: 'valid',
    claims: { scope: '' },
  });
});

it('exp has no tolerance: valid in its last millisecond, expired in the next', async () => {
  const tokens = await make();
  const token = await tokens.issue(INPUT);
  const exp = (Math.floor(NOW / 1000) + 900) * 1000;
  expect(await tokens.verify(token, exp - 1)).toMatchObject({ outcome: 'valid' });
  expect(await tokens.verify(token, exp)).toMatchObject({ outcome: 'expired', claims: { sub: 'alice' } });
});

it('iat may be 60 seconds ahead, not more', async () => {
  const tokens = await make();
  const token = await tokens.issue(INPUT);
  const iat = Math.floor(NOW / 1000) * 1000;
  expect(await tokens.verify(token, iat - 60_000)).toMatchObject({ outcome: 'valid' });
  expect(await tokens.verify(token, iat - 60_001)).toEqual({ outcome: 'forged' });
});

it('an altered token that is also old is forged, not expired', async () => {
  const tokens = await make();
  const [header, payload] = (await tokens.issue(INPUT)).split('.');
  const other = (await tokens.issue({ ...INPUT, subject: 'bob' })).split('.')[2];
  expect(await tokens.verify(`${header}.${payload}.${other}`, NOW + 3_600_000)).toEqual({ outcome: 'forged' });
});

it.each<[string, Partial<AccessTokenInput>]>([
  ['exp', { expiresAt: NOW }],
  ['exp', { expiresAt: NOW + 3_601_000 }],
  ['exp', { expiresAt: Number.POSITIVE_INFINITY }],
  ['iat', { issuedAt: Number.NaN }],
  ['sub', { subject: '' }],
  ['sid', { sessionId: 'session' }],
  ['g', { generation: -1 }],
  ['lf', { leafPrefix: 'AAAA' }],
  ['scope', { scopes: ['two words'] }],
  ['scope', { scopes: [''] }],
  ['tier', { tier: '' }],
])('what would not verify is not issued: claim %s', async (claim, change) => {
  const tokens = await make();
  await expect(tokens.issue({ ...INPUT, ...change })).rejects.toThrow(new RegExp(`^access token: claim ${claim} `));
});

it('a token too long to be looked at is not issued', async () => {
  const tokens = await make();
  const scopes = Array.from({ length: 700 }, (_, n) => `scope:${n}`);
  await expect(tokens.issue({ ...INPUT, scopes })).rejects.toThrow(/longer than 8192 characters/);
});

it.each(['issuer', 'audience', 'clientId'])('an empty %s is refused at declaration', async (name) => {
  const keyring = await ring();
  expect(() => createAccessTokens({ keyring, issuer: ISSUER, audience: 'orders', [name]: '' })).toThrow(
    new RegExp(`^${name} must be`),
  );
});

it('another library verifies our tokens with the published keys', async () => {
  const tokens = await make();
  const token = await tokens.issue({ ...INPUT, issuedAt: NOW });
  const [published] = tokens.jwks().keys;
  const { payload } = await jwtVerify(
    token,
    { ...published },
    {
      issuer: ISSUER,
      audience: 'orders',
      typ: 'at+jwt',
      currentDate: new Date(NOW),
    },
  );
  expect(payload.sub).toBe('alice');
});

it('keys rotate without a log-out: added, moved to the front, old one taken out when its last token is dead', async () => {
  const keysOf = (text: string) => (JSON.parse(text) as { keys: object[] }).keys;
  const [old, fresh] = [keysOf(await generateKeys('RS256')), keysOf(await generateKeys('EdDSA'))];
  const stage = async (...keys: object[]) =>
    createAccessTokens({ keyring: await createKeyring({ keys }), issuer: ISSUER, audience: 'orders' });
  const stages = [
    await stage(...old),
    await stage(...old, ...fresh), // verify-only everywhere
    await stage(...fresh, ...old), // signs
  ];
  const issued = await Promise.all(stages.map((tokens) => tokens.issue(INPUT)));
  // while one stage is rolled out, processes of two neighbouring stages see each other's tokens, and older ones live on
  const seen = [
    [0, 1],
    [1, 0],
    [1, 2],
    [2, 1],
    [2, 0],
  ] as const;
  for (const [verifier, issuer] of seen)
    expect(await stages[verifier]?.verify(issued[issuer] ?? '', NOW)).toMatchObject({ outcome: 'valid' });
  const last = await stage(...fresh);
  expect(await last.verify(issued[2] ?? '', NOW)).toMatchObject({ outcome: 'valid' });
  expect(await last.verify(issued[0] ?? '', NOW)).toEqual({ outcome: 'forged' });
});
