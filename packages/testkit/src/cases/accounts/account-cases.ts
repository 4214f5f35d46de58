import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { createCall, createdAccount, makeMember, OTHER_HASH, PASSWORD_HASH } from '../member.ts';
import { auditRow, auditTrail, sessionView } from '../observe.ts';
import { expectOutcome, hex } from '../outcome.ts';
import { ABSOLUTE, ELSEWHERE, makeScene } from '../scene.ts';

export const accountCases: readonly ConformanceCase<StoreHarness>[] = casesOf('accounts', {
  'create makes account, subject and session in one step, and writes one user.register': async (harness) => {
    const s = await makeScene(harness);
    const call = createCall(s, 5_000, { displayName: 'Ada', tier: 'pro', audit: s.stamp(ELSEWHERE) });
    const { account, session } = expectOutcome(await s.stores.accounts.create(call), 'created');
    assert.deepEqual(account, {
      id: call.id,
      tenant: s.tenant,
      email: call.email,
      username: null,
      tier: 'pro',
      displayName: 'Ada',
      avatarUrl: null,
      bio: null,
      isActive: true,
      isEmailVerified: false,
      createdAt: s.t0 + 5_000,
      updatedAt: s.t0 + 5_000,
    });
    assert.deepEqual(
      [session.sessionId, session.subject, session.generation, session.userEpoch, session.tier, session.expiresAt],
      [call.session.sessionId, call.id, 0, 0, 'pro', s.t0 + 5_000 + ABSOLUTE],
    );
    assert.equal(hex(session.leaf.hash), hex(call.session.leaf.hash));
    const subject = { tenant: s.tenant, id: call.id, authEpoch: 0, claimsEpoch: 0, tier: 'pro', disabledAt: null };
    assert.deepEqual(await s.stores.subjects.read(s.tenant, call.id), subject);
    const rows = await auditTrail(s, { actor: call.id });
    assert.deepEqual(
      rows.map((row) => [row.id, row.action, row.outcome, row.at, row.origin]),
      [[call.audit.id, 'user.register', 'success', s.t0 + 5_000, ELSEWHERE]],
    );
    expectOutcome(await s.refresh(6_000, session), 'rotate');
  },

  'create of a taken address writes nothing, whatever the spelling': async (harness) => {
    const s = await makeScene(harness);
    const { account } = await createdAccount(s, 0, { emailKey: 'ada@example.com', email: 'Ada@Example.com' });
    const trail = await auditTrail(s);
    const call = createCall(s, 1_000, { emailKey: 'ada@example.com', email: 'ADA@example.com' });
    expectOutcome(await s.stores.accounts.create(call), 'email_taken');
    assert.equal(await s.stores.subjects.read(s.tenant, call.id), undefined);
    assert.equal(await s.stores.accounts.read(s.tenant, call.id), undefined);
    assert.deepEqual(await auditTrail(s), trail);
    assert.deepEqual(await s.stores.accounts.read(s.tenant, account.id), account);
  },

  'one address in two tenants is two accounts': async (harness) => {
    const s = await makeScene(harness);
    const other = await makeScene(harness);
    const emailKey = `same-${s.makeId()}@example.com`;
    const mine = await createdAccount(s, 0, { emailKey });
    const theirs = await createdAccount(other, 0, { emailKey });
    const { accounts } = s.stores;
    assert.equal((await accounts.credentialByEmail(s.tenant, emailKey))?.account.id, mine.account.id);
    assert.equal((await accounts.credentialByEmail(other.tenant, emailKey))?.account.id, theirs.account.id);
    assert.equal(await accounts.read(other.tenant, mine.account.id), undefined);
  },

  'the same create again answers the same account and session, and writes them once': async (harness) => {
    const s = await makeScene(harness);
    const call = createCall(s, 0);
    const first = expectOutcome(await s.stores.accounts.create(call), 'created');
    const again = expectOutcome(await s.stores.accounts.create(call), 'created');
    assert.deepEqual(again.account, first.account);
    assert.equal(again.session.sessionId, first.session.sessionId);
    await auditRow(s, call.audit.id);
  },

  'what within throws comes out of create as it is, and nothing is left': async (harness) => {
    const s = await makeScene(harness);
    const trail = await auditTrail(s);
    const failure = new Error('the app refuses');
    const atOnce = (): Promise<void> => {
      throw failure;
    };
    for (const within of [() => Promise.reject(failure), atOnce]) {
      const call = createCall(s, 0);
      await assert.rejects(s.stores.accounts.create(call, within), (error) => error === failure);
      assert.equal(await s.stores.accounts.credentialByEmail(s.tenant, call.emailKey), undefined);
      assert.equal(await s.stores.subjects.read(s.tenant, call.id), undefined);
      assert.deepEqual(await auditTrail(s, { actor: call.id }), []);
      expectOutcome(await s.stores.accounts.create(createCall(s, 0, { emailKey: call.emailKey })), 'created');
    }
    assert.equal((await auditTrail(s)).length, trail.length + 2);
  },

  'within sees the account, runs once, and its end comes before the answer': async (harness) => {
    const s = await makeScene(harness);
    const call = createCall(s, 0, { displayName: 'Ada' });
    const seen: string[] = [];
    const created = await s.stores.accounts.create(call, async (account) => {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${account.id} ${account.displayName}`);
    });
    expectOutcome(created, 'created');
    assert.deepEqual(seen, [`${call.id} Ada`]);
  },

  'within is not run for an address that is taken': async (harness) => {
    const m = await makeMember(harness);
    let ran = false;
    const create = await m.stores.accounts.create(createCall(m, 0, { emailKey: m.emailKey }), async () => {
      ran = true;
    });
    expectOutcome(create, 'email_taken');
    assert.equal(ran, false);
  },

  'a credential tells hash, account and the epoch to fence with': async (harness) => {
    const m = await makeMember(harness);
    const { accounts } = m.stores;
    const expected = { account: m.account, passwordHash: PASSWORD_HASH, authEpoch: 0 };
    assert.deepEqual(await accounts.credentialByEmail(m.tenant, m.emailKey), expected);
    assert.deepEqual(await accounts.credentialById(m.tenant, m.account.id), expected);
    assert.deepEqual(await accounts.read(m.tenant, m.account.id), m.account);
    await m.endAll(1_000);
    assert.equal((await accounts.credentialByEmail(m.tenant, m.emailKey))?.authEpoch, 1);
  },

  'what is not there, or is another tenant’s, is undefined': async (harness) => {
    const m = await makeMember(harness);
    const { accounts } = m.stores;
    const other = await makeScene(harness);
    assert.equal(await accounts.credentialByEmail(m.tenant, `missing-${m.emailKey}`), undefined);
    assert.equal(await accounts.credentialByEmail(other.tenant, m.emailKey), undefined);
    for (const [tenant, id] of [
      [m.tenant, m.makeId()],
      [m.tenant, 'no-uuid'],
      [other.tenant, m.account.id],
    ] as const) {
      assert.equal(await accounts.credentialById(tenant, id), undefined);
      assert.equal(await accounts.read(tenant, id), undefined);
      const update = { tenant, id, patch: { bio: 'x' }, audit: m.stamp(), ...m.time(0) };
      assert.equal(await accounts.update(update), undefined);
      assert.equal(await accounts.rehash({ tenant, id, from: PASSWORD_HASH, to: OTHER_HASH }), false);
    }
    assert.deepEqual(await auditTrail(m, { action: 'user.update' }), []);
  },

  'a disabled subject’s account is not active, and its credential is still told': async (harness) => {
    const m = await makeMember(harness);
    const call = { tenant: m.tenant, id: m.account.id, audit: m.stamp(), actor: null, ...m.time(1_000) };
    expectOutcome(await m.stores.subjects.disable(call), 'done');
    const credential = await m.stores.accounts.credentialByEmail(m.tenant, m.emailKey);
    assert.deepEqual([credential?.account.isActive, credential?.authEpoch], [false, 1]);
  },

  'a tier that changes is the account’s': async (harness) => {
    const m = await makeMember(harness);
    const call = { tenant: m.tenant, id: m.account.id, audit: m.stamp(), actor: null, ...m.time(1_000) };
    expectOutcome(await m.stores.subjects.setTier({ ...call, tier: 'pro' }), 'done');
    assert.equal((await m.stores.accounts.read(m.tenant, m.account.id))?.tier, 'pro');
  },

  'update changes what is named, empties what is null, and writes one user.update': async (harness) => {
    const m = await makeMember(harness);
    const call = { tenant: m.tenant, id: m.account.id };
    const full = { displayName: 'Ada', avatarUrl: 'https://example.com/a.png', bio: 'line\n“quoted” 🙂' };
    const first = { ...call, patch: full, audit: m.stamp(ELSEWHERE), ...m.time(1_000) };
    const filled = await m.stores.accounts.update(first);
    assert.deepEqual(filled, { ...m.account, ...full, updatedAt: m.t0 + 1_000 });
    const row = await auditRow(m, first.audit.id);
    assert.deepEqual([row.action, row.actor, row.outcome], ['user.update', m.account.id, 'success']);

    const second = { ...call, patch: { bio: null }, audit: m.stamp(), ...m.time(2_000) };
    const emptied = await m.stores.accounts.update(second);
    assert.deepEqual(emptied, { ...m.account, ...full, bio: null, updatedAt: m.t0 + 2_000 });
    assert.deepEqual(await m.stores.accounts.read(m.tenant, m.account.id), emptied);
  },

  'rehash replaces the hash that it was made from, and no other': async (harness) => {
    const m = await makeMember(harness);
    const call = { tenant: m.tenant, id: m.account.id, from: PASSWORD_HASH, to: OTHER_HASH };
    assert.equal(await m.stores.accounts.rehash({ ...call, from: 'another' }), false);
    assert.equal(await m.stores.accounts.rehash(call), true);
    assert.equal(await m.stores.accounts.rehash(call), false);
    const credential = await m.stores.accounts.credentialById(m.tenant, m.account.id);
    assert.deepEqual([credential?.passwordHash, credential?.authEpoch], [OTHER_HASH, 0]);
    assert.ok(await sessionView(m, 1_000, m.session), 'the same password: every session lives on');
  },
});
