import { beforeEach, describe, expect, test } from 'vitest';
import { noOrigin, uuidv7Generator } from '../kernel/index.ts';
import { type MemoryStores, memoryStores } from '../memory-stores.ts';
import { REVOCATION_LIFE_MS } from '../revocation/index.ts';
import type { RevokeCall, StartCall } from './session-store.ts';

const START = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;
let now = START;
let stores: MemoryStores;
const makeId = uuidv7Generator(() => START);
const stamp = () => ({ id: makeId(), origin: noOrigin });

const startCall = (change: Partial<StartCall> = {}): StartCall => ({
  sessionId: makeId(),
  tenant: 't',
  subject: 'alice',
  authEpoch: 0,
  leaf: { kid: 3, hash: new Uint8Array(32).fill(7) },
  transport: 'bearer',
  aal: 2,
  amr: ['pwd', 'otp'],
  idleMs: HOUR,
  absoluteMs: 24 * HOUR,
  origin: { ip: '192.0.2.1', userAgent: 'agent/1', requestId: null },
  audit: stamp(),
  ...change,
});
async function start(change: Partial<StartCall> = {}): Promise<string> {
  const call = startCall(change);
  expect(await stores.sessions.start(call)).toMatchObject({ outcome: 'started' });
  return call.sessionId;
}
const revokeCall = (sessionId: string, change: Partial<RevokeCall> = {}): RevokeCall => ({
  tenant: 't',
  sessionId,
  owner: 'alice',
  transport: null,
  action: 'session.revoke',
  audit: stamp(),
  ...change,
});
const trail = async (): Promise<string[]> =>
  (await stores.audit.query({ tenant: 't', limit: 100 })).events
    .map(({ action, targetKind, target }) => `${action} ${targetKind} ${target}`)
    .toReversed();
const revoked = async (): Promise<string[]> => (await stores.revocations.poll('0')).entries.map(({ key }) => key);
const listed = async (subject = 'alice'): Promise<string[]> =>
  (await stores.sessions.list({ tenant: 't', subject, page: 1, pageSize: 100 })).items.map(({ id }) => id);

beforeEach(async () => {
  now = START;
  stores = memoryStores({ clock: () => now });
  for (const id of ['alice', 'bob'])
    await stores.subjects.put({ tenant: 't', id, tier: 'pro', actor: null, audit: stamp() });
});

describe('start', () => {
  test('tells what tokens are made from, and records the sign-in', async () => {
    const call = startCall();
    expect(await stores.sessions.start(call)).toEqual({
      outcome: 'started',
      session: {
        sessionId: call.sessionId,
        tenant: 't',
        subject: 'alice',
        userEpoch: 0,
        claimsEpoch: 0,
        tier: 'pro',
        aal: 2,
        generation: 0,
        leaf: { kid: 3, hash: new Uint8Array(32).fill(7), nonce: null },
        expiresAt: START + 24 * HOUR,
        now: START,
      },
    });
    expect(await trail()).toEqual(['user.login subject alice']);
  });

  test('is refused when the epoch has moved since the credential was checked', async () => {
    await stores.subjects.endAll({ tenant: 't', id: 'alice', actor: null, audit: stamp() });
    expect(await stores.sessions.start(startCall({ authEpoch: 0 }))).toEqual({ outcome: 'refused' });
    expect(await stores.sessions.start(startCall({ authEpoch: 2 }))).toEqual({ outcome: 'refused' });
    expect(await listed()).toEqual([]);
    expect(await stores.sessions.start(startCall({ authEpoch: 1 }))).toMatchObject({ session: { userEpoch: 1 } });
    expect(await stores.sessions.start(startCall({ authEpoch: null }))).toMatchObject({ session: { userEpoch: 1 } });
  });

  test('is refused to a disabled and to an unknown subject', async () => {
    await stores.subjects.disable({ tenant: 't', id: 'alice', actor: null, audit: stamp() });
    expect(await stores.sessions.start(startCall({ authEpoch: null }))).toEqual({ outcome: 'refused' });
    expect(await stores.sessions.start(startCall({ subject: 'nobody', authEpoch: null }))).toEqual({
      outcome: 'refused',
    });
    expect(await stores.sessions.start(startCall({ tenant: 'other', authEpoch: null }))).toEqual({
      outcome: 'refused',
    });
  });

  test('the same call again is the same session, written and recorded once', async () => {
    const call = startCall();
    const first = await stores.sessions.start(call);
    now += 5;
    const second = await stores.sessions.start(call);
    expect(second).toMatchObject({ outcome: 'started', session: { ...('session' in first && first.session), now } });
    expect(await listed()).toEqual([call.sessionId]);
    expect(await trail()).toHaveLength(1);
  });

  test('an id that is taken by another start is refused', async () => {
    const call = startCall();
    await stores.sessions.start(call);
    const leaf = { kid: 3, hash: new Uint8Array(32).fill(8) };
    expect(await stores.sessions.start({ ...call, leaf })).toEqual({ outcome: 'refused' });
    expect(await stores.sessions.start({ ...call, subject: 'bob' })).toEqual({ outcome: 'refused' });
    await stores.sessions.revoke(revokeCall(call.sessionId));
    expect(await stores.sessions.start(call)).toEqual({ outcome: 'refused' });
  });

  test('the idle life never ends after the absolute one', async () => {
    const id = await start({ idleMs: 9 * HOUR, absoluteMs: HOUR });
    expect(stores.sessions.row(id)).toMatchObject({ idleExpiresAt: START + HOUR, expiresAt: START + HOUR });
  });

  test('writes no audit row where the verb that calls writes its own', async () => {
    await start({ audit: null });
    expect(await trail()).toEqual([]);
  });

  test('keeps its row, whatever the caller does to what it gave and got', async () => {
    const hash = Buffer.alloc(32, 7);
    const amr = ['pwd'];
    const call = startCall({ leaf: { kid: 3, hash }, amr });
    const started = await stores.sessions.start(call);
    hash.fill(0);
    amr.push('otp');
    if (started.outcome === 'started') started.session.leaf.hash.fill(0);
    expect(stores.sessions.row(call.sessionId)).toMatchObject({
      leaf: { hash: new Uint8Array(32).fill(7) },
      amr: ['pwd'],
    });
  });
});

describe('revoke', () => {
  test('ends the session with a revocation and an audit row, once', async () => {
    const id = await start();
    expect(await stores.sessions.revoke(revokeCall(id))).toEqual({ outcome: 'revoked', subject: 'alice', now });
    expect(await stores.sessions.revoke(revokeCall(id))).toEqual({ outcome: 'not_found' });
    expect((await stores.revocations.poll('0')).entries).toEqual([
      { tenant: 't', kind: 'session', key: id, epoch: null, expiresAt: START + REVOCATION_LIFE_MS },
    ]);
    expect((await trail()).slice(1)).toEqual([`session.revoke session ${id}`]);
  });

  test('answers the same for missing, foreign, of another tenant, of the other transport and over', async () => {
    const id = await start();
    const idle = await start({ idleMs: 1 });
    now += 1;
    const none = { outcome: 'not_found' };
    expect(await stores.sessions.revoke(revokeCall(makeId()))).toEqual(none);
    expect(await stores.sessions.revoke(revokeCall(id, { owner: 'bob' }))).toEqual(none);
    expect(await stores.sessions.revoke(revokeCall(id, { tenant: 'other' }))).toEqual(none);
    expect(await stores.sessions.revoke(revokeCall(id, { transport: 'cookie' }))).toEqual(none);
    expect(await stores.sessions.revoke(revokeCall(idle))).toEqual(none);
    expect(await revoked()).toEqual([]);
    expect(await listed()).toEqual([id]);
  });

  test('needs no owner where an authentic refresh token was shown', async () => {
    const id = await start();
    const call = revokeCall(id, { owner: null, transport: 'bearer', action: 'user.logout' });
    expect(await stores.sessions.revoke(call)).toMatchObject({ outcome: 'revoked', subject: 'alice' });
    expect((await trail()).at(-1)).toBe(`user.logout session ${id}`);
  });

  test('of 20 racers exactly one ends it', async () => {
    const id = await start();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => stores.sessions.revoke(revokeCall(id))));
    expect(outcomes.filter(({ outcome }) => outcome === 'revoked')).toHaveLength(1);
    expect(await revoked()).toEqual([id]);
  });
});

describe('revokeOthers', () => {
  test('ends every other session of the subject that lives, and only those', async () => {
    const keep = await start();
    const others = [await start(), await start({ transport: 'cookie' })];
    await start({ idleMs: 1 });
    const bobs = await start({ subject: 'bob' });
    now += 1;
    const ended = await stores.sessions.revokeOthers({ tenant: 't', subject: 'alice', keep, audit: stamp() });
    expect(ended.revoked.toSorted()).toEqual(others.toSorted());
    expect((await revoked()).toSorted()).toEqual(others.toSorted());
    expect(await listed()).toEqual([keep]);
    expect(await listed('bob')).toEqual([bobs]);
    expect((await trail()).at(-1)).toBe(`session.revoke_others session ${keep}`);
  });

  test('with none to end it still is recorded', async () => {
    const keep = await start();
    const call = { tenant: 't', subject: 'alice', keep, audit: stamp() };
    expect(await stores.sessions.revokeOthers(call)).toEqual({ revoked: [], now });
    expect(await trail()).toHaveLength(2);
  });
});

describe('list', () => {
  test('shows what could refresh now, newest first', async () => {
    const ids = [await start(), await start(), await start()];
    await start({ idleMs: 1 });
    await start({ absoluteMs: 1 });
    await stores.sessions.revoke(revokeCall(await start()));
    now += 1;
    expect(await listed()).toEqual(ids.toReversed());
  });

  test('shows nothing of a subject that was disabled or logged out everywhere', async () => {
    await start();
    await start({ subject: 'bob' });
    await stores.subjects.endAll({ tenant: 't', id: 'alice', actor: null, audit: stamp() });
    await stores.subjects.disable({ tenant: 't', id: 'bob', actor: null, audit: stamp() });
    expect(await listed()).toEqual([]);
    expect(await listed('bob')).toEqual([]);
  });

  test('tells pages, and stops counting at 1,000', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 1_000; i++) ids.push(await start({ audit: null }));
    const page = async (n: number) => stores.sessions.list({ tenant: 't', subject: 'alice', page: n, pageSize: 100 });
    expect(await page(1)).toMatchObject({ total: 1_000, totalIsCapped: false, now });
    ids.push(await start({ audit: null }));
    const second = await page(2);
    expect(second).toMatchObject({ total: 1_000, totalIsCapped: true });
    expect(second.items.map(({ id }) => id)).toEqual(ids.toReversed().slice(100, 200));
    expect((await page(12)).items).toEqual([]);
  });

  test('shows times, level, address and agent of the last rotation', async () => {
    const id = await start();
    const { items } = await stores.sessions.list({ tenant: 't', subject: 'alice', page: 1, pageSize: 1 });
    expect(items).toEqual([
      {
        id,
        createdAt: START,
        lastUsedAt: START,
        idleExpiresAt: START + HOUR,
        expiresAt: START + 24 * HOUR,
        aal: 2,
        ip: '192.0.2.1',
        userAgent: 'agent/1',
      },
    ]);
  });
});

describe('the strict check', () => {
  test('tells the truth of session and subject', async () => {
    const sessionId = await start();
    const question = { tenant: 't', subject: 'alice', sessionId, jti: 'j' };
    const live = { outcome: 'live', authEpoch: 0, claimsEpoch: 0, disabled: false };
    expect(await stores.revocations.check(question)).toEqual(live);
    expect(await stores.revocations.check({ ...question, subject: 'bob' })).toEqual({ outcome: 'unknown' });
    expect(await stores.revocations.check({ ...question, tenant: 'other' })).toEqual({ outcome: 'unknown' });
    expect(await stores.revocations.check({ ...question, sessionId: makeId() })).toEqual({ outcome: 'unknown' });
    await stores.subjects.disable({ tenant: 't', id: 'alice', actor: null, audit: stamp() });
    expect(await stores.revocations.check(question)).toEqual({ ...live, authEpoch: 1, disabled: true });
    await stores.subjects.enable({ tenant: 't', id: 'alice', actor: null, audit: stamp() });
    const next = await start({ authEpoch: 1 });
    await stores.sessions.revoke(revokeCall(next));
    expect(await stores.revocations.check({ ...question, sessionId: next })).toEqual({ outcome: 'revoked' });
  });
});

test('what is long over is forgotten when the table has grown, and what lives is not', async () => {
  const gone = await start({ absoluteMs: HOUR });
  const stays = await start({ idleMs: 90 * 24 * HOUR, absoluteMs: 90 * 24 * HOUR });
  now += 30 * 24 * HOUR;
  for (let i = 0; i < 10_000; i++) await stores.sessions.start(startCall({ subject: 'bob', audit: null }));
  expect(stores.sessions.row(gone)).toBeUndefined();
  expect(await listed()).toEqual([stays]);
});
