import { beforeEach, describe, expect, test } from 'vitest';
import { noOrigin, uuidv7Generator } from '../kernel/index.ts';
import { type MemoryStores, memoryStores } from '../memory-stores.ts';
import { REVOCATION_LIFE_MS } from '../revocation/index.ts';
import type { Account, ChangePasswordCall, CreateAccountCall } from './account-store.ts';

const START = Date.UTC(2026, 0, 5, 12);
const HOUR = 3_600_000;
let now = START;
let stores: MemoryStores;
const makeId = uuidv7Generator(() => START);
const stamp = () => ({ id: makeId(), origin: noOrigin });

const createCall = (change: Partial<CreateAccountCall> = {}): CreateAccountCall => ({
  id: makeId(),
  tenant: 't',
  email: 'Alice@Example.com',
  emailKey: 'alice@example.com',
  passwordHash: 'first',
  displayName: 'Alice',
  tier: 'free',
  session: {
    sessionId: makeId(),
    leaf: { kid: 1, hash: new Uint8Array(32) },
    transport: 'bearer',
    aal: 1,
    amr: ['pwd'],
    idleMs: HOUR,
    absoluteMs: 24 * HOUR,
    origin: noOrigin,
  },
  audit: stamp(),
  ...change,
});
const trail = async (): Promise<string[]> =>
  (await stores.audit.query({ tenant: 't', limit: 100 })).events.map(({ action }) => action).toReversed();
/** Whether anybody could see anything of the account that a call makes. */
const seen = async ({ id, tenant, emailKey, session }: CreateAccountCall): Promise<boolean> =>
  [
    await stores.accounts.read(tenant, id),
    await stores.accounts.credentialById(tenant, id),
    await stores.accounts.credentialByEmail(tenant, emailKey),
    await stores.subjects.read(tenant, id),
    stores.sessions.row(session.sessionId),
    (await trail())[0],
  ].some((what) => what !== undefined);

beforeEach(() => {
  now = START;
  stores = memoryStores({ clock: () => now });
});

describe('create', () => {
  test('makes account, subject, session and audit row', async () => {
    const call = createCall();
    const created = await stores.accounts.create(call);
    const account: Account = {
      id: call.id,
      tenant: 't',
      email: 'Alice@Example.com',
      username: null,
      tier: 'free',
      displayName: 'Alice',
      avatarUrl: null,
      bio: null,
      isActive: true,
      isEmailVerified: false,
      createdAt: START,
      updatedAt: START,
    };
    expect(created).toMatchObject({ outcome: 'created', account, session: { subject: call.id, generation: 0 } });
    expect(await stores.accounts.read('t', call.id)).toEqual(account);
    expect(await stores.accounts.credentialByEmail('t', 'alice@example.com')).toEqual({
      account,
      passwordHash: 'first',
      authEpoch: 0,
    });
    expect(await stores.subjects.read('t', call.id)).toMatchObject({ id: call.id, tier: 'free', authEpoch: 0 });
    expect(await trail()).toEqual(['user.register']);
  });

  test('an address is taken once in a tenant', async () => {
    await stores.accounts.create(createCall());
    const second = createCall();
    expect(await stores.accounts.create(second)).toEqual({ outcome: 'email_taken' });
    expect(stores.sessions.row(second.session.sessionId)).toBeUndefined();
    expect(await stores.accounts.create(createCall({ tenant: 'other' }))).toMatchObject({ outcome: 'created' });
  });

  test('of 20 racers for one address exactly one gets it', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        stores.accounts.create(createCall(), i % 2 ? async () => new Promise((done) => setImmediate(done)) : undefined),
      ),
    );
    expect(outcomes.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
    expect(await trail()).toEqual(['user.register']);
  });

  test('the same call again is the same account', async () => {
    const call = createCall();
    const first = await stores.accounts.create(call);
    expect(await stores.accounts.create(call)).toEqual(first);
    expect(await trail()).toEqual(['user.register']);
  });

  test('nobody sees the account before what runs inside has ended well', async () => {
    const call = createCall();
    const sights: boolean[] = [];
    const created = await stores.accounts.create(call, async (account, transaction) => {
      expect(account).toMatchObject({ id: call.id, email: 'Alice@Example.com' });
      expect(transaction).toBeUndefined();
      sights.push(await seen(call));
      await new Promise((done) => setImmediate(done));
      sights.push(await seen(call));
    });
    expect(sights).toEqual([false, false]);
    expect(created).toMatchObject({ outcome: 'created' });
    expect(await seen(call)).toBe(true);
  });

  test('what throws inside comes out as it is and leaves nothing behind', async () => {
    const call = createCall();
    const failure = new Error('the app says no');
    await expect(stores.accounts.create(call, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(await seen(call)).toBe(false);
    const thrown = () => {
      throw failure;
    };
    await expect(stores.accounts.create(call, thrown)).rejects.toBe(failure);
    expect(await stores.accounts.create(call)).toMatchObject({ outcome: 'created' });
  });

  test('who comes second for an address waits for the first, and gets it when that fails', async () => {
    let fail: (reason: Error) => void = () => undefined;
    const first = stores.accounts.create(createCall(), () => new Promise((_, reject) => (fail = reject)));
    const second = stores.accounts.create(createCall());
    const third = stores.accounts.create(createCall());
    let settled = false;
    void second.finally(() => (settled = true));
    await new Promise((done) => setImmediate(done));
    expect(settled).toBe(false);
    fail(new Error('no'));
    await expect(first).rejects.toThrow('no');
    expect([await second, await third].map(({ outcome }) => outcome)).toEqual(['created', 'email_taken']);
  });
});

describe('an account', () => {
  let call: CreateAccountCall;
  beforeEach(async () => {
    call = createCall();
    await stores.accounts.create(call);
  });

  test('update changes what is given, empties what is null, leaves the rest', async () => {
    now += 1;
    const patch = { bio: 'hello', displayName: null };
    const updated = await stores.accounts.update({ tenant: 't', id: call.id, patch, audit: stamp() });
    expect(updated).toMatchObject({
      bio: 'hello',
      displayName: null,
      avatarUrl: null,
      createdAt: START,
      updatedAt: now,
    });
    const again = await stores.accounts.update({ tenant: 't', id: call.id, patch: {}, audit: stamp() });
    expect(again).toMatchObject({ bio: 'hello', displayName: null });
    expect(await trail()).toEqual(['user.register', 'user.update', 'user.update']);
  });

  test('is not there for another tenant', async () => {
    expect(await stores.accounts.read('other', call.id)).toBeUndefined();
    expect(await stores.accounts.credentialById('other', call.id)).toBeUndefined();
    expect(await stores.accounts.update({ tenant: 'other', id: call.id, patch: {}, audit: stamp() })).toBeUndefined();
    expect(await stores.accounts.rehash({ tenant: 'other', id: call.id, from: 'first', to: 'x' })).toBe(false);
  });

  test('shows the tier and the activity of its subject', async () => {
    await stores.subjects.setTier({ tenant: 't', id: call.id, tier: 'pro', actor: null, audit: stamp() });
    await stores.subjects.disable({ tenant: 't', id: call.id, actor: null, audit: stamp() });
    expect(await stores.accounts.credentialById('t', call.id)).toMatchObject({
      account: { tier: 'pro', isActive: false },
      authEpoch: 1,
    });
  });

  test('rehash replaces the very hash that was checked', async () => {
    expect(await stores.accounts.rehash({ tenant: 't', id: call.id, from: 'other', to: 'x' })).toBe(false);
    expect(await stores.accounts.rehash({ tenant: 't', id: call.id, from: 'first', to: 'stronger' })).toBe(true);
    expect(await stores.accounts.rehash({ tenant: 't', id: call.id, from: 'first', to: 'x' })).toBe(false);
    expect((await stores.accounts.credentialById('t', call.id))?.passwordHash).toBe('stronger');
  });

  describe('change of password', () => {
    const changeCall = (change: Partial<ChangePasswordCall> = {}): ChangePasswordCall => ({
      tenant: 't',
      accountId: call.id,
      sessionId: call.session.sessionId,
      authEpoch: 0,
      passwordHash: 'second',
      leaf: { kid: 2, hash: new Uint8Array(32).fill(9) },
      idleMs: [HOUR, HOUR, HOUR],
      audit: stamp(),
      ...change,
    });
    const hashNow = async (): Promise<string | null | undefined> =>
      (await stores.accounts.credentialById('t', call.id))?.passwordHash;

    test('keeps this session, re-stamped; all others die with the epoch', async () => {
      const { id: subject } = call;
      const sessionId = makeId();
      await stores.sessions.start({ ...call.session, sessionId, tenant: 't', subject, authEpoch: 0, audit: null });
      now += 5;
      expect(await stores.accounts.changePassword(changeCall())).toMatchObject({
        outcome: 'changed',
        session: { generation: 1, userEpoch: 1, leaf: { kid: 2, hash: new Uint8Array(32).fill(9), nonce: null } },
      });
      expect(stores.sessions.row(call.session.sessionId)).toMatchObject({
        parentHash: null,
        attemptHash: null,
        confirmedAt: null,
        leafAt: now,
        lastUsedAt: now,
        idleExpiresAt: now + HOUR,
      });
      const { items } = await stores.sessions.list({ tenant: 't', subject, page: 1, pageSize: 10 });
      expect(items.map(({ id }) => id)).toEqual([call.session.sessionId]);
      expect(await hashNow()).toBe('second');
      expect((await stores.revocations.poll('0')).entries).toEqual([
        { tenant: 't', kind: 'auth_epoch', key: subject, epoch: 1, expiresAt: now + REVOCATION_LIFE_MS },
      ]);
      expect(await trail()).toEqual(['user.register', 'user.change_password']);
    });

    test('is refused, and changes nothing, when the epoch has moved since the password was checked', async () => {
      await stores.subjects.endAll({ tenant: 't', id: call.id, actor: null, audit: stamp() });
      expect(await stores.accounts.changePassword(changeCall())).toEqual({ outcome: 'refused' });
      expect(await stores.accounts.changePassword(changeCall({ authEpoch: 1 }))).toEqual({ outcome: 'refused' });
      expect(await hashNow()).toBe('first');
      expect(await stores.subjects.read('t', call.id)).toMatchObject({ authEpoch: 1 });
    });

    test('is refused, and changes nothing, when this session is over, foreign or not there', async () => {
      const other = createCall({ emailKey: 'bob@example.com' });
      await stores.accounts.create(other);
      for (const sessionId of [makeId(), other.session.sessionId])
        expect(await stores.accounts.changePassword(changeCall({ sessionId }))).toEqual({ outcome: 'refused' });
      expect(await stores.accounts.changePassword(changeCall({ now: now + HOUR }))).toEqual({ outcome: 'refused' });
      const { sessionId } = call.session;
      const end = { tenant: 't', sessionId, owner: call.id, transport: null, audit: stamp() };
      await stores.sessions.revoke({ ...end, action: 'user.logout' });
      expect(await stores.accounts.changePassword(changeCall())).toEqual({ outcome: 'refused' });
      expect(await hashNow()).toBe('first');
      expect(await stores.subjects.read('t', call.id)).toMatchObject({ authEpoch: 0 });
    });

    test('the same call again, because its answer was lost, gets the same answer and changes nothing', async () => {
      const again = changeCall();
      const first = await stores.accounts.changePassword(again);
      expect(await stores.accounts.changePassword(again)).toEqual(first);
      expect(await stores.subjects.read('t', call.id)).toMatchObject({ authEpoch: 1 });
      expect(await trail()).toEqual(['user.register', 'user.change_password']);
    });

    test('of 20 racers exactly one changes it', async () => {
      const racers = Array.from({ length: 20 }, (_, i) =>
        changeCall({ passwordHash: `hash ${i}`, leaf: { kid: 2, hash: new Uint8Array(32).fill(i) } }),
      );
      const outcomes = await Promise.all(racers.map((racer) => stores.accounts.changePassword(racer)));
      expect(outcomes.filter(({ outcome }) => outcome === 'changed')).toHaveLength(1);
      expect(await stores.subjects.read('t', call.id)).toMatchObject({ authEpoch: 1 });
    });
  });
});
