import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { auditRow, expectNoChange, liveRevocations, sessionView } from '../observe.ts';
import { expectOutcome } from '../outcome.ts';
import { bytes32, makeScene } from '../scene.ts';

export const alteredCases: readonly ConformanceCase<StoreHarness>[] = casesOf('refresh', {
  'a session that is bound to a key is refreshed with that key only, and nothing is revoked': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    if (!harness.alter) return;
    await harness.alter.bindKey(first.sessionId, 'thumbprint');
    for (const jkt of [null, 'another']) {
      const call = s.refreshCall(1_000, first, { jkt });
      expectOutcome(await s.stores.sessions.refresh(call), 'pop_mismatch');
      const row = await auditRow(s, call.audit.id);
      assert.deepEqual([row.action, row.outcome, row.meta?.['result']], ['user.refresh', 'failure', 'pop_mismatch']);
    }
    const second = await s.rotate(2_000, first, { jkt: 'thumbprint' });
    expectOutcome(await s.refresh(3_000, second), 'pop_mismatch');
    expectOutcome(await s.refresh(3_000, first), 'pop_mismatch');
    expectOutcome(await s.refresh(3_000, first, { jkt: 'thumbprint' }), 'replay');
    assert.deepEqual(await liveRevocations(s), []);
  },

  'another key comes after idle, and before every look at the token': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0, { idleMs: 60_000 });
    if (!harness.alter) return;
    await harness.alter.bindKey(first.sessionId, 'thumbprint');
    const forged = { ...first, leaf: { ...first.leaf, hash: bytes32() } };
    expectOutcome(await s.refresh(1_000, { ...first, generation: 5 }), 'pop_mismatch');
    expectOutcome(await s.refresh(1_000, forged), 'pop_mismatch');
    expectOutcome(await s.refresh(60_000, first), 'idle');
  },

  'a session of a subject that was disabled without a new epoch is refused, and not ended': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0, { absoluteMs: 60_000, idleMs: 60_000 });
    if (!harness.alter) return;
    await harness.alter.disableQuietly(s.tenant, s.subject);
    const call = s.refreshCall(60_000, first);
    expectOutcome(await s.stores.sessions.refresh(call), 'user_disabled'); // before expired
    const row = await auditRow(s, call.audit.id);
    assert.deepEqual([row.action, row.outcome, row.meta?.['result']], ['user.refresh', 'failure', 'user_disabled']);
    expectOutcome(await s.revoke(1_000, first), 'not_found');
    assert.equal(await sessionView(s, 1_000, first), undefined);
    const enable = { tenant: s.tenant, id: s.subject, audit: s.stamp(), actor: null, ...s.time(1_000) };
    expectOutcome(await s.stores.subjects.enable(enable), 'done');
    expectOutcome(await s.refresh(2_000, first), 'rotate');
  },

  'a verdict on an altered session changes nothing of it': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    if (!harness.alter) return;
    await harness.alter.bindKey(first.sessionId, 'thumbprint');
    const view = await sessionView(s, 0, first);
    expectOutcome(await s.refresh(1_000, first), 'pop_mismatch');
    assert.deepEqual(await sessionView(s, 0, first), view);
    await expectNoChange(s, first, async () => {
      expectOutcome(await s.refresh(1_000, first, { budgetMs: 0 }), 'deadline');
    });
  },
});
