import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { createdAccount, type Member, makeMember, OTHER_HASH, PASSWORD_HASH } from '../member.ts';
import { auditRow, auditTrail, liveRevocations, sessionView } from '../observe.ts';
import { expectOutcome, hex } from '../outcome.ts';
import { bytes32, ELSEWHERE, IDLE } from '../scene.ts';

const LIFE = 61 * 60_000;

/** Fails unless the change was refused and wrote nothing. */
async function expectRefused(m: Member, change: () => ReturnType<Member['tryChangePassword']>): Promise<void> {
  const look = async (): Promise<unknown> => [
    await m.stores.accounts.credentialById(m.tenant, m.account.id),
    await auditTrail(m),
    await liveRevocations(m),
  ];
  const before = await look();
  expectOutcome(await change(), 'refused');
  assert.deepEqual(await look(), before, 'a refused change changed something');
}

export const changePasswordCases: readonly ConformanceCase<StoreHarness>[] = casesOf('changePassword', {
  'the session that stays is re-stamped by its id, into the new epoch': async (harness) => {
    const m = await makeMember(harness);
    const second = await m.rotate(20_000, m.session);
    const call = m.changePasswordCall(30_000, second, { leaf: { kid: 5, hash: bytes32() } });
    const { session } = expectOutcome(await m.stores.accounts.changePassword(call), 'changed');
    assert.deepEqual(
      [session.sessionId, session.subject, session.generation, session.userEpoch, session.now],
      [second.sessionId, m.account.id, 2, 1, m.t0 + 30_000],
    );
    assert.deepEqual([session.leaf.kid, hex(session.leaf.hash), session.leaf.nonce], [5, hex(call.leaf.hash), null]);
    assert.equal(session.expiresAt, m.session.expiresAt, 'the absolute life never moves');
    expectOutcome(await m.use(31_000, session), 'accept');
    expectOutcome(await m.refresh(60_000, session), 'rotate');
  },

  'hash, epoch, feed and audit move in one step': async (harness) => {
    const m = await makeMember(harness);
    const call = m.changePasswordCall(30_000, m.session, { audit: m.stamp(ELSEWHERE) });
    expectOutcome(await m.stores.accounts.changePassword(call), 'changed');
    const credential = await m.stores.accounts.credentialById(m.tenant, m.account.id);
    assert.deepEqual([credential?.passwordHash, credential?.authEpoch], [OTHER_HASH, 1]);
    const row = await auditRow(m, call.audit.id);
    assert.deepEqual(
      [row.action, row.outcome, row.actor, row.at, row.origin],
      ['user.change_password', 'success', m.account.id, m.t0 + 30_000, ELSEWHERE],
    );
    assert.deepEqual(await liveRevocations(m), [
      { tenant: m.tenant, kind: 'auth_epoch', key: m.account.id, epoch: 1, expiresAt: m.t0 + 30_000 + LIFE },
    ]);
  },

  'every other session of the account ends, and access tokens of the old epoch with them': async (harness) => {
    const m = await makeMember(harness);
    const others = [await m.start(0), await m.rotate(1_000, await m.start(0))];
    const restamped = await m.changePassword(30_000, m.session);
    for (const other of others) {
      expectOutcome(await m.refresh(31_000, other), 'revoked');
      expectOutcome(await m.use(31_000, other), 'revoked');
    }
    expectOutcome(await m.use(31_000, m.session), 'revoked');
    const list = { tenant: m.tenant, subject: m.account.id, page: 1, pageSize: 20, ...m.time(31_000) };
    const { items } = await m.stores.sessions.list(list);
    assert.deepEqual(
      items.map(({ id }) => id),
      [restamped.sessionId],
    );
  },

  'the idle life slides by the session’s assurance level, never past the absolute life': async (harness) => {
    const m = await makeMember(harness);
    const lives = [
      [{ aal: 2, idleMs: 60_000 }, IDLE[1]],
      [{ aal: 1, idleMs: 60_000, absoluteMs: 90_000 }, 60_000],
    ] as const;
    let authEpoch = 0;
    for (const [life, idleMs] of lives) {
      const held = await m.start(0, life);
      await m.changePassword(30_000, held, { authEpoch: authEpoch++ });
      const view = await sessionView(m, 30_000, held);
      assert.equal(view?.idleExpiresAt, m.t0 + 30_000 + idleMs);
    }
  },

  'a fence that moved refuses, and changes nothing': async (harness) => {
    const m = await makeMember(harness);
    await m.endAll(1_000);
    await expectRefused(m, () => m.tryChangePassword(2_000, m.session));
    const fresh = await m.start(2_000);
    await expectRefused(m, () => m.tryChangePassword(3_000, fresh, { authEpoch: 0 }));
    await expectRefused(m, () => m.tryChangePassword(3_000, fresh, { authEpoch: 2 }));
    expectOutcome(await m.tryChangePassword(3_000, fresh), 'changed');
  },

  'a session that is over refuses, and changes nothing': async (harness) => {
    const m = await makeMember(harness);
    const revoked = await m.start(0);
    expectOutcome(await m.revoke(1_000, revoked), 'revoked');
    await expectRefused(m, () => m.tryChangePassword(2_000, revoked));
    const idle = await m.start(0, { idleMs: 1_000 });
    await expectRefused(m, () => m.tryChangePassword(2_000, idle));
    await expectRefused(m, () => m.tryChangePassword(2_000, m.session, { sessionId: m.makeId() }));
  },

  'somebody else’s session, and somebody else’s account, refuse': async (harness) => {
    const m = await makeMember(harness);
    const other = await createdAccount(m, 0);
    await expectRefused(m, () => m.tryChangePassword(1_000, other.session));
    await expectRefused(m, () => m.tryChangePassword(1_000, m.session, { accountId: other.account.id }));
    const elsewhere = await makeMember(harness);
    await expectRefused(m, () => m.tryChangePassword(1_000, m.session, { tenant: elsewhere.tenant }));
    const credential = await m.stores.accounts.credentialById(m.tenant, other.account.id);
    assert.equal(credential?.passwordHash, PASSWORD_HASH);
    expectOutcome(await m.refresh(2_000, other.session), 'rotate');
  },

  'a disabled account refuses': async (harness) => {
    const m = await makeMember(harness);
    const call = { tenant: m.tenant, id: m.account.id, audit: m.stamp(), actor: null, ...m.time(1_000) };
    expectOutcome(await m.stores.subjects.disable(call), 'done');
    for (const authEpoch of [0, 1]) await expectRefused(m, () => m.tryChangePassword(2_000, m.session, { authEpoch }));
  },

  'the same change again answers the same session, and is carried out once': async (harness) => {
    const m = await makeMember(harness);
    const call = m.changePasswordCall(30_000, m.session);
    const first = expectOutcome(await m.stores.accounts.changePassword(call), 'changed').session;
    const again = expectOutcome(await m.stores.accounts.changePassword(call), 'changed').session;
    assert.deepEqual(
      [again.sessionId, again.generation, again.userEpoch, hex(again.leaf.hash)],
      [first.sessionId, first.generation, 1, hex(call.leaf.hash)],
    );
    await auditRow(m, call.audit.id);
    assert.equal((await m.stores.accounts.credentialById(m.tenant, m.account.id))?.authEpoch, 1);
    expectOutcome(await m.refresh(60_000, first), 'rotate');
    expectOutcome(await m.stores.accounts.changePassword(call), 'refused');
  },

  'a rehash of the old password after the change is refused': async (harness) => {
    const m = await makeMember(harness);
    await m.changePassword(1_000, m.session);
    const call = { tenant: m.tenant, id: m.account.id, from: PASSWORD_HASH, to: `${PASSWORD_HASH}-stronger` };
    assert.equal(await m.stores.accounts.rehash(call), false);
  },
});
