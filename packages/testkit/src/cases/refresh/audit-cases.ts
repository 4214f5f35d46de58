import assert from 'node:assert/strict';
import type { IssuedSession } from '@castellan/core/sessions';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { auditRow, auditTrail, liveRevocations } from '../observe.ts';
import { expectOutcome } from '../outcome.ts';
import { bytes32, ELSEWHERE, makeScene, type Scene } from '../scene.ts';

/** A parent whose successor was answered at `t0 + 20 s`, and the successor. */
async function rotatedPair(s: Scene): Promise<readonly [IssuedSession, IssuedSession]> {
  const first = await s.start(0);
  return [first, await s.rotate(20_000, first)];
}

export const refreshAuditCases: readonly ConformanceCase<StoreHarness>[] = casesOf('refresh', {
  'every verdict that is audited writes one user.refresh with its result, origin and session': async (harness) => {
    const s = await makeScene(harness);
    const expected = async (
      result: 'rotate' | 'keep' | 'replay' | 'reissue' | 'revoked' | 'expired' | 'idle' | 'ahead',
      at: number,
      held: IssuedSession,
    ): Promise<void> => {
      const call = s.refreshCall(at, held, { origin: ELSEWHERE, audit: { ...s.stamp(ELSEWHERE), ordinary: true } });
      expectOutcome(await s.stores.sessions.refresh(call), result);
      const row = await auditRow(s, call.audit.id);
      const success = ['rotate', 'keep', 'replay', 'reissue'].includes(result);
      assert.deepEqual(
        { ...row, meta: row.meta?.['result'] },
        {
          id: call.audit.id,
          at: s.t0 + at,
          tenant: s.tenant,
          actor: s.subject,
          action: 'user.refresh',
          targetKind: 'session',
          target: held.sessionId,
          outcome: success ? 'success' : 'failure',
          origin: ELSEWHERE,
          meta: result,
        },
      );
    };
    const [first, second] = await rotatedPair(s);
    await expected('replay', 21_000, first);
    await expected('keep', 21_000, second);
    await expected('rotate', 60_000, second);
    await expected('reissue', 120_000, second);
    await expected('ahead', 120_000, { ...second, generation: 9 });
    expectOutcome(await s.revoke(121_000, second), 'revoked');
    await expected('revoked', 122_000, second);
    await expected('expired', 60_000, await s.start(0, { absoluteMs: 60_000, idleMs: 60_000 }));
    await expected('idle', 60_000, await s.start(0, { idleMs: 60_000 }));
  },

  'ordinary: false spares the rows of rotate and keep, and only those': async (harness) => {
    const s = await makeScene(harness);
    const quiet = () => ({ audit: { ...s.stamp(), ordinary: false } });
    const first = await s.start(0);
    const before = await auditTrail(s);
    const second = await s.rotate(20_000, first, quiet());
    expectOutcome(await s.refresh(21_000, second, quiet()), 'keep');
    assert.deepEqual(await auditTrail(s), before);

    const replay = s.refreshCall(22_000, first, quiet());
    expectOutcome(await s.stores.sessions.refresh(replay), 'replay');
    assert.equal((await auditRow(s, replay.audit.id)).meta?.['result'], 'replay');
    const ahead = s.refreshCall(23_000, { ...second, generation: 9 }, quiet());
    expectOutcome(await s.stores.sessions.refresh(ahead), 'ahead');
    assert.equal((await auditRow(s, ahead.audit.id)).outcome, 'failure');
    const reuse = s.refreshCall(24_000, { ...second, leaf: { ...second.leaf, hash: bytes32() } }, quiet());
    expectOutcome(await s.stores.sessions.refresh(reuse), 'reuse');
    assert.equal((await auditRow(s, reuse.audit.id)).action, 'session.reuse_detected');
  },

  'the same call again is no second rotation in the trail': async (harness) => {
    const s = await makeScene(harness);
    const call = s.refreshCall(20_000, await s.start(0));
    expectOutcome(await s.stores.sessions.refresh(call), 'rotate');
    for (const at of [20_000, 21_000])
      expectOutcome(await s.stores.sessions.refresh({ ...call, ...s.time(at) }), 'again');
    const rotations = (await auditTrail(s)).filter((row) => row.meta?.['result'] === 'rotate');
    assert.deepEqual(
      rotations.map((row) => [row.id, row.at]),
      [[call.audit.id, s.t0 + 20_000]],
    );
  },

  'refusals and ordinary refreshes tell the feed nothing': async (harness) => {
    const s = await makeScene(harness);
    const [first, second] = await rotatedPair(s);
    expectOutcome(await s.refresh(21_000, first), 'replay');
    expectOutcome(await s.refresh(22_000, { ...second, generation: 9 }), 'ahead');
    expectOutcome(await s.refresh(60_000, first), 'reissue');
    assert.deepEqual(await liveRevocations(s), []);
  },
});
