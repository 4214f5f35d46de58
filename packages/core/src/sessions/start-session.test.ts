import { beforeEach, describe, expect, test } from 'vitest';
import { toBase64url } from '../kernel/index.ts';
import { sessionSettings } from './session-settings.ts';
import type { IssuedSession } from './session-store.ts';
import { createIssuer } from './session-tokens.ts';
import {
  DAY,
  HOME,
  HOUR,
  MINUTE,
  PEPPER,
  type SessionProcess,
  type SessionWorld,
  sessionWorld,
  T0,
  tokensOf,
} from './session-world.cases.ts';
import type { StartRequest } from './sessions.ts';

let world: SessionWorld;
let app: SessionProcess;

beforeEach(async () => {
  world = await sessionWorld();
  app = world.process();
});

describe('start', () => {
  test('a session of a known subject begins with a refresh token and an access token that both work', async () => {
    const tokens = await app.start();
    expect(tokens.session.generation).toBe(0);
    expect(await app.present(tokens.accessToken)).toBe('ok');
    expect((await app.refresh(tokens.refreshToken)).outcome).toBe('rotate');
    expect(app.told()).toEqual(['session.started', 'session.rotated']);
    expect(await world.trail()).toEqual(['user.login', 'user.refresh']);
  });

  test.each([
    ['an unknown subject', { subject: 'nobody' }],
    ['a subject of another tenant', { tenant: 't3' }],
    ['an epoch that has moved since the password was checked', { authEpoch: -1 }],
  ])('%s is refused as invalid_credentials', async (_case, change) => {
    await expect(app.start(change)).rejects.toMatchObject({
      code: 'invalid_credentials',
      headers: { 'www-authenticate': 'Bearer' },
    });
    expect(app.told()).toEqual([]);
  });

  test('a disabled subject starts nothing, an enabled one does again', async () => {
    await app.subjects.disable('alice');
    await expect(app.start()).rejects.toMatchObject({ code: 'invalid_credentials' });
    await app.subjects.enable('alice');
    await expect(app.start()).resolves.toBeDefined();
  });

  test.each<[string, Partial<StartRequest>]>([
    ['subject', { subject: '' }],
    ['subject', { subject: 'a'.repeat(256) }],
    ['subject', { subject: 'a\0b' }],
    ['subject', { subject: 42 as unknown as string }],
    ['tenant', { tenant: 'a\0b' }],
    ['aal', { aal: 4 as 3 }],
  ])('a %s that can be none is a TypeError, not a row: %j', async (name, change) => {
    await expect(app.start(change)).rejects.toThrow(TypeError);
    await expect(app.start(change)).rejects.toThrow(name);
    expect(app.calls()).toBe(0);
  });

  test.each([
    [1, 14 * DAY, 30 * DAY],
    [2, HOUR, DAY],
    [3, 15 * MINUTE, 12 * HOUR],
  ] as const)('aal%i sets the idle and the absolute life', async (aal, idleMs, absoluteMs) => {
    const { session } = await app.start({ aal });
    expect(world.store.row(session.sessionId)).toMatchObject({
      aal,
      idleExpiresAt: T0 + idleMs,
      expiresAt: T0 + absoluteMs,
    });
  });

  test('a session keeps its transport and refuses the other', async () => {
    const tokens = await app.start({ transport: 'cookie' });
    expect((await app.refresh(tokens.refreshToken)).outcome).toBe('unknown');
    expect((await app.refresh(tokens.refreshToken, { transport: 'cookie' })).outcome).toBe('rotate');
  });

  test('a token that a client put into its User-Agent is kept nowhere', async () => {
    const { refreshToken } = await app.start();
    const origin = { ...HOME, userAgent: `agent ${refreshToken}` };
    const { session } = await app.start({ origin });
    await app.refresh(refreshToken, { origin });
    const kept = [world.store.row(session.sessionId)?.userAgent, await world.userAgents(), app.facts];
    expect(JSON.stringify(kept)).not.toContain(refreshToken);
  });

  test('neither a token nor the pepper nor a secret is in what the store keeps', async () => {
    const tokens = await app.start();
    const next = tokensOf(await app.refresh(tokens.refreshToken, { attempt: 'attempt-number-one' }));
    const row = world.store.row(tokens.session.sessionId);
    const kept = JSON.stringify(row, (_name, value: unknown) =>
      value instanceof Uint8Array ? `${toBase64url(value)} ${Buffer.from(value).toString('hex')}` : value,
    );
    for (const { refreshToken } of [tokens, next]) {
      const bytes = Buffer.from(refreshToken.slice('cst_rt_'.length), 'base64url');
      const secret = bytes.subarray(22, 54);
      for (const part of [refreshToken, secret.toString('hex'), toBase64url(secret), toBase64url(bytes.subarray(54))])
        expect(kept).not.toContain(part);
    }
    expect(kept).not.toContain(PEPPER.slice(2));
    expect(kept).not.toContain('attempt-number-one');
  });
});

describe('access tokens', () => {
  const session: IssuedSession = {
    sessionId: '01890a5d-ac96-774b-bcce-b302099a8057',
    tenant: '',
    subject: 'alice',
    userEpoch: 3,
    claimsEpoch: 4,
    tier: null,
    aal: 1,
    generation: 5,
    leaf: { kid: 1, hash: new Uint8Array(32).fill(6), nonce: null },
    expiresAt: T0 + 30 * DAY,
    now: T0 + 250,
  };
  const issued = async (chance: number, change: Partial<IssuedSession> = {}, scopes?: readonly string[]) => {
    const inputs: unknown[] = [];
    const issue = createIssuer({
      accessTokens: {
        issue: async (input) => {
          inputs.push(input);
          return 'token';
        },
      },
      settings: sessionSettings(),
      random: () => new Uint8Array(4).fill(chance),
      defaultTier: 'free',
      scopesOf: scopes && (() => scopes),
    });
    const tokens = await issue({ ...session, ...change }, 'refresh');
    return { ...(inputs[0] as { expiresAt: number; tier: string; scopes: string[] }), tokens };
  };

  test('they are shortened by chance, by a fifth at most', async () => {
    expect((await issued(0)).expiresAt).toBe(session.now + 15 * MINUTE);
    const shortest = (await issued(255)).expiresAt - session.now;
    expect(shortest).toBeGreaterThanOrEqual(12 * MINUTE);
    expect(shortest).toBeLessThan(12 * MINUTE + 1_000);
  });

  test('they never outlive the session', async () => {
    const end = session.now + 100_000;
    expect((await issued(0, { expiresAt: end })).expiresAt).toBe(end);
  });

  test('those of aal3 live five minutes', async () => {
    expect((await issued(0, { aal: 3 })).expiresAt).toBe(session.now + 5 * MINUTE);
  });

  test('expires_in promises no more than exp keeps', async () => {
    const { tokens, expiresAt } = await issued(0);
    expect(session.now + tokens.expiresInSeconds * 1_000).toBeLessThanOrEqual(Math.floor(expiresAt / 1_000) * 1_000);
    expect(tokens.expiresInSeconds).toBe(899);
  });

  test('they carry the session, the instance of its leaf, both epochs, tier and scopes', async () => {
    expect(await issued(0, {}, ['orders:read'])).toMatchObject({
      sessionId: session.sessionId,
      generation: 5,
      leafPrefix: toBase64url(new Uint8Array(8).fill(6)),
      userEpoch: 3,
      claimsEpoch: 4,
      tier: 'free',
      scopes: ['orders:read'],
      issuedAt: session.now,
    });
    expect((await issued(0, { tier: 'pro' })).tier).toBe('pro');
  });
});

describe('sessions of an app with its own users', () => {
  test('a user becomes known, signs in, is blocked, and is out', async () => {
    await app.subjects.put({ id: '42', tier: 'pro' });
    const epoch = (await app.subjects.get('42'))?.authEpoch ?? -1; // read before the password is checked
    const tokens = await app.start({ subject: '42', authEpoch: epoch, amr: ['pwd'] });
    expect(await app.check(tokens.accessToken, { tenant: '', strict: false, origin: () => HOME })).toMatchObject({
      subject: '42',
      tier: 'pro',
    });
    await app.subjects.disable('42');
    expect(await app.present(tokens.accessToken)).toBe('invalid_token');
    expect((await app.refresh(tokens.refreshToken)).outcome).toBe('revoked');
    await expect(app.start({ subject: '42', authEpoch: epoch })).rejects.toMatchObject({ code: 'invalid_credentials' });
  });
});
