import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { auditRow, expectNoChange, expectOver, liveRevocations, sessionView } from '../observe.ts';
import { expectOutcome } from '../outcome.ts';
import { bytes32, makeScene } from '../scene.ts';

export const useCases: readonly ConformanceCase<StoreHarness>[] = casesOf('use', {
  'the leaf’s access token is accepted, with the subject’s claims epoch': async (harness) => {
    const s = await makeScene(harness, { tier: 'free' });
    const first = await s.start(0);
    const call = { tenant: s.tenant, id: s.subject, tier: 'pro', audit: s.stamp(), actor: null, ...s.time(500) };
    const { subject } = expectOutcome(await s.stores.subjects.setTier(call), 'done');
    const accepted = expectOutcome(await s.use(1_000, first), 'accept');
    assert.deepEqual([accepted.claimsEpoch, accepted.now], [subject.claimsEpoch, s.t0 + 1_000]);
    assert.equal(accepted.claimsEpoch, first.claimsEpoch + 1);
  },

  'the parent’s access token is accepted while it lives': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first);
    expectOutcome(await s.use(300_000, first), 'accept');
    expectOutcome(await s.use(300_000, second), 'accept');
  },

  'acceptance shows nowhere: neither times nor audit nor feed': async (harness) => {
    const s = await makeScene(harness);
    const second = await s.rotate(20_000, await s.start(0));
    await expectNoChange(s, second, async () => {
      for (const at of [30_000, 31_000]) expectOutcome(await s.use(at, second), 'accept');
    });
  },

  'acceptance does not spend the young leaf: it is kept': async (harness) => {
    const s = await makeScene(harness);
    const second = await s.rotate(20_000, await s.start(0));
    expectOutcome(await s.use(21_000, second), 'accept');
    expectOutcome(await s.refresh(22_000, second), 'keep');
  },

  'an unknown session, another tenant and another subject are unknown': async (harness) => {
    const s = await makeScene(harness);
    const other = await makeScene(harness);
    const first = await s.start(0);
    await expectNoChange(s, first, async () => {
      for (const wrong of [{ sessionId: s.makeId() }, { tenant: other.tenant }, { subject: other.subject }])
        expectOutcome(await s.use(1_000, { ...first, ...wrong }), 'unknown');
    });
  },

  'an epoch that is not the subject’s is revoked, older and newer': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    expectOutcome(await s.use(1_000, first, { userEpoch: first.userEpoch + 1 }), 'revoked');
    await s.endAll(2_000);
    expectOutcome(await s.use(3_000, first), 'revoked');
    const second = await s.start(4_000);
    expectOutcome(await s.use(5_000, second, { userEpoch: first.userEpoch }), 'revoked');
    expectOutcome(await s.use(5_000, second), 'accept');
  },

  'a session that was revoked is revoked, whatever is presented': async (harness) => {
    const s = await makeScene(harness);
    const second = await s.rotate(20_000, await s.start(0));
    expectOutcome(await s.revoke(21_000, second), 'revoked');
    for (const generation of [0, 1, 2]) expectOutcome(await s.use(22_000, { ...second, generation }), 'revoked');
  },

  'a displaced access token ends the session, tells the feed and writes session.reuse_detected': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const displaced = await s.rotate(20_000, first);
    const reissued = expectOutcome(await s.refresh(60_000, first), 'reissue').session;
    const call = s.useCall(61_000, displaced);
    const answer = expectOutcome(await s.stores.sessions.use(call), 'displaced');
    assert.equal(answer.now, s.t0 + 61_000);
    await expectOver(s, 62_000, reissued);
    const row = await auditRow(s, call.audit.id);
    assert.deepEqual(
      [row.action, row.outcome, row.actor, row.target, row.at],
      ['session.reuse_detected', 'failure', s.subject, first.sessionId, s.t0 + 61_000],
    );
    assert.deepEqual(row.origin, call.audit.origin);
    const told = await liveRevocations(s);
    assert.deepEqual(
      told.map(({ kind, key }) => [kind, key]),
      [['session', first.sessionId]],
    );
  },

  'an access token displaced in the generation before ends the session': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const displaced = await s.rotate(20_000, first);
    const reissued = expectOutcome(await s.refresh(60_000, first), 'reissue').session;
    const next = await s.rotate(120_000, reissued);
    expectOutcome(await s.use(121_000, reissued), 'accept');
    expectOutcome(await s.use(121_000, displaced), 'displaced');
    await expectOver(s, 122_000, next);
  },

  'an access token two generations old is superseded, and ends nothing': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const third = await s.rotate(40_000, await s.rotate(20_000, first));
    await expectNoChange(s, third, async () => {
      expectOutcome(await s.use(41_000, first), 'superseded');
      const forged = { ...first, leaf: { ...first.leaf, hash: bytes32() } };
      expectOutcome(await s.use(41_000, forged), 'superseded');
    });
    expectOutcome(await s.use(41_000, third), 'accept');
  },

  'a generation ahead of the store’s is refused and ends nothing': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await expectNoChange(s, first, async () => {
      expectOutcome(await s.use(1_000, { ...first, generation: 1 }), 'ahead');
    });
    expectOutcome(await s.use(2_000, first), 'accept');
    expectOutcome(await s.refresh(3_000, first), 'rotate');
  },

  'the session’s idle life is not the access token’s: use neither ends nor slides it': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0, { idleMs: 60_000 });
    expectOutcome(await s.use(59_000, first), 'accept');
    assert.equal((await sessionView(s, 59_000, first))?.idleExpiresAt, s.t0 + 60_000);
    expectOutcome(await s.refresh(60_000, first), 'idle');
  },
});
