import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { auditRow, auditTrail, expectNoChange, expectOver, liveRevocations } from '../observe.ts';
import { expectOutcome } from '../outcome.ts';
import { ELSEWHERE, makeScene } from '../scene.ts';

const LIFE = 61 * 60_000;

export const revokeCases: readonly ConformanceCase<StoreHarness>[] = casesOf('revoke', {
  'the owner ends a session: feed, audit and session in one step': async (harness) => {
    const s = await makeScene(harness);
    for (const action of ['user.logout', 'session.revoke'] as const) {
      const first = await s.start(0);
      const call = s.revokeCall(1_000, first, { action, audit: s.stamp(ELSEWHERE) });
      const { subject, now } = expectOutcome(await s.stores.sessions.revoke(call), 'revoked');
      assert.deepEqual([subject, now], [s.subject, s.t0 + 1_000]);
      const row = await auditRow(s, call.audit.id);
      assert.deepEqual(
        [row.action, row.outcome, row.actor, row.targetKind, row.target, row.at, row.origin],
        [action, 'success', s.subject, 'session', first.sessionId, s.t0 + 1_000, ELSEWHERE],
      );
      const told = (await liveRevocations(s)).filter(({ key }) => key === first.sessionId);
      assert.deepEqual(told, [
        { tenant: s.tenant, kind: 'session', key: first.sessionId, epoch: null, expiresAt: s.t0 + 1_000 + LIFE },
      ]);
      await expectOver(s, 2_000, first);
    }
  },

  'a session of somebody else is not found and lives on': async (harness) => {
    const s = await makeScene(harness);
    const other = await makeScene(harness, { tenant: s.tenant });
    const foreign = await other.start(0);
    await expectNoChange(other, foreign, async () => {
      expectOutcome(await s.revoke(1_000, foreign, { owner: s.subject }), 'not_found');
    });
    expectOutcome(await other.refresh(2_000, foreign), 'rotate');
  },

  'a missing session, one of another tenant and one that is over answer the same': async (harness) => {
    const s = await makeScene(harness);
    const other = await makeScene(harness, { subject: s.subject });
    const first = await s.start(0);
    await expectNoChange(s, first, async () => {
      assert.deepEqual(await s.revoke(1_000, first, { sessionId: s.makeId() }), { outcome: 'not_found' });
      assert.deepEqual(await s.revoke(1_000, first, { tenant: other.tenant }), { outcome: 'not_found' });
    });
    expectOutcome(await s.revoke(1_000, first), 'revoked');
    assert.deepEqual(await s.revoke(2_000, first), { outcome: 'not_found' });
    assert.equal((await liveRevocations(s)).length, 1);
  },

  'a session past its life, or of an epoch that is over, is not found': async (harness) => {
    const s = await makeScene(harness);
    const idle = await s.start(0, { idleMs: 60_000 });
    const expired = await s.start(0, { idleMs: 60_000, absoluteMs: 60_000 });
    const ended = await s.start(0);
    for (const over of [idle, expired]) expectOutcome(await s.revoke(60_000, over), 'not_found');
    await s.endAll(1_000);
    expectOutcome(await s.revoke(2_000, ended), 'not_found');
  },

  'without an owner whoever it belongs to is asked nothing: the audit row names the subject': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const call = s.revokeCall(1_000, first, { owner: null, action: 'user.logout' });
    assert.equal(expectOutcome(await s.stores.sessions.revoke(call), 'revoked').subject, s.subject);
    assert.equal((await auditRow(s, call.audit.id)).actor, s.subject);
  },

  'a session of the other transport is not found where a transport is asked for': async (harness) => {
    const s = await makeScene(harness);
    const cookie = await s.start(0, { transport: 'cookie' });
    expectOutcome(await s.revoke(1_000, cookie, { transport: 'bearer' }), 'not_found');
    expectOutcome(await s.revoke(1_000, cookie, { transport: 'cookie' }), 'revoked');
    const bearer = await s.start(0);
    expectOutcome(await s.revoke(1_000, bearer, { transport: 'cookie' }), 'not_found');
    expectOutcome(await s.revoke(1_000, bearer), 'revoked');
  },
});

export const revokeOthersCases: readonly ConformanceCase<StoreHarness>[] = casesOf('revokeOthers', {
  'every session of the subject ends but the one that stays': async (harness) => {
    const s = await makeScene(harness);
    const neighbour = await makeScene(harness, { tenant: s.tenant });
    const elsewhere = await makeScene(harness, { subject: s.subject });
    const untouched = [await neighbour.start(0), await elsewhere.start(0)];
    const keep = await s.start(0);
    const others = [
      await s.start(0),
      await s.rotate(1_000, await s.start(0)),
      await s.start(0, { transport: 'cookie' }),
    ];
    const call = { tenant: s.tenant, subject: s.subject, keep: keep.sessionId, audit: s.stamp(), ...s.time(2_000) };
    const { revoked, now } = await s.stores.sessions.revokeOthers(call);

    assert.deepEqual([...revoked].sort(), others.map(({ sessionId }) => sessionId).sort());
    assert.equal(now, s.t0 + 2_000);
    const row = await auditRow(s, call.audit.id);
    assert.deepEqual(
      [row.action, row.outcome, row.actor, row.targetKind, row.target],
      ['session.revoke_others', 'success', s.subject, 'session', keep.sessionId],
    );
    const told = await liveRevocations(s);
    assert.deepEqual(told.map(({ kind, key }) => `${kind} ${key}`).sort(), revoked.map((id) => `session ${id}`).sort());
    for (const over of others.slice(0, 2)) await expectOver(s, 3_000, over);
    expectOutcome(await s.refresh(3_000, keep), 'rotate');
    for (const held of untouched) expectOutcome(await s.refresh(3_000, held), 'rotate');
  },

  'sessions that are over already are neither named nor told again': async (harness) => {
    const s = await makeScene(harness);
    const keep = await s.start(0);
    await s.start(0, { idleMs: 1_000 });
    expectOutcome(await s.revoke(1_000, await s.start(0)), 'revoked');
    const told = await liveRevocations(s);
    const call = { tenant: s.tenant, subject: s.subject, keep: keep.sessionId, audit: s.stamp(), ...s.time(2_000) };
    assert.deepEqual([...(await s.stores.sessions.revokeOthers(call)).revoked], []);
    assert.deepEqual(await liveRevocations(s), told);
    const rows = await auditTrail(s, { action: 'session.revoke' });
    assert.equal(rows.length, 1);
  },
});
