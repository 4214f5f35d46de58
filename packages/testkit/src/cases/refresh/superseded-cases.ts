import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { makeMember } from '../member.ts';
import { auditRow, liveRevocations, sessionView } from '../observe.ts';
import { expectOutcome } from '../outcome.ts';
import { bytes32, GRACE, IDLE } from '../scene.ts';

export const supersededCases: readonly ConformanceCase<StoreHarness>[] = casesOf('refresh', {
  'a token from before a password change is superseded, and nothing is revoked': async (harness) => {
    const m = await makeMember(harness);
    const second = await m.rotate(20_000, m.session);
    const restamped = await m.changePassword(30_000, second);
    const told = await liveRevocations(m);
    for (const old of [m.session, second]) {
      const call = m.refreshCall(31_000, old);
      expectOutcome(await m.stores.sessions.refresh(call), 'superseded');
      const row = await auditRow(m, call.audit.id);
      assert.deepEqual([row.action, row.outcome, row.meta?.['result']], ['user.refresh', 'failure', 'superseded']);
    }
    assert.deepEqual(await liveRevocations(m), told);
    expectOutcome(await m.refresh(30_000 + GRACE, restamped), 'rotate');
  },

  'a re-stamped leaf is young, then rotates, and the password change counts as its last use': async (harness) => {
    const m = await makeMember(harness);
    const restamped = await m.changePassword(30_000, m.session);
    assert.equal(restamped.generation, 1);
    assert.equal(restamped.leaf.nonce, null);
    const view = await sessionView(m, 30_000, restamped);
    assert.equal(view?.lastUsedAt, m.t0 + 30_000);
    assert.equal(view?.idleExpiresAt, m.t0 + 30_000 + IDLE[0]);
    expectOutcome(await m.refresh(30_000 + GRACE - 1, restamped), 'keep');
    expectOutcome(await m.refresh(30_000 + GRACE, restamped), 'rotate');
  },

  'a re-stamped leaf has no attempt key': async (harness) => {
    const m = await makeMember(harness);
    const second = await m.rotate(20_000, m.session, { attemptHash: bytes32() });
    const restamped = await m.changePassword(30_000, second);
    expectOutcome(await m.refresh(31_000, restamped), 'keep');
  },

  'after a re-stamp and a rotation its leaf is an ordinary parent': async (harness) => {
    const m = await makeMember(harness);
    const restamped = await m.changePassword(30_000, m.session);
    const next = await m.rotate(60_000, restamped);
    expectOutcome(await m.refresh(61_000, restamped), 'replay');
    expectOutcome(await m.refresh(62_000, m.session), 'reuse');
    expectOutcome(await m.refresh(63_000, next), 'revoked');
  },

  'an epoch that moved comes before superseded': async (harness) => {
    const m = await makeMember(harness);
    await m.changePassword(30_000, m.session);
    await m.endAll(31_000);
    expectOutcome(await m.refresh(32_000, m.session), 'revoked');
  },
});
