import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { auditRow, expectOver, liveRevocations } from '../observe.ts';
import { expectOutcome } from '../outcome.ts';
import { bytes32, ELSEWHERE, makeScene } from '../scene.ts';

export const reuseCases: readonly ConformanceCase<StoreHarness>[] = casesOf('refresh', {
  'a reuse ends the session, tells the feed and writes session.reuse_detected in one step': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first);
    const third = await s.rotate(40_000, second);
    const call = s.refreshCall(41_000, first, { origin: ELSEWHERE });
    const reuse = expectOutcome(await s.stores.sessions.refresh(call), 'reuse');
    assert.deepEqual([reuse.subject, reuse.now], [s.subject, s.t0 + 41_000]);

    const row = await auditRow(s, call.audit.id);
    assert.deepEqual(
      [row.action, row.outcome, row.actor, row.targetKind, row.target, row.at],
      ['session.reuse_detected', 'failure', s.subject, 'session', first.sessionId, s.t0 + 41_000],
    );
    assert.equal(row.origin.ip, ELSEWHERE.ip);
    const revocations = await liveRevocations(s);
    assert.deepEqual(
      revocations.map((entry) => [entry.kind, entry.key]),
      [['session', first.sessionId]],
    );
    await expectOver(s, 42_000, third);
  },

  'a reuse ends one session, not its neighbours': async (harness) => {
    const s = await makeScene(harness);
    const neighbour = await s.start(0);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first);
    await s.rotate(40_000, second);
    expectOutcome(await s.refresh(41_000, first), 'reuse');
    expectOutcome(await s.refresh(42_000, neighbour), 'rotate');
  },

  'an authentic token of the current generation that is not the leaf is a reuse': async (harness) => {
    const s = await makeScene(harness);
    const second = await s.rotate(20_000, await s.start(0));
    expectOutcome(await s.refresh(21_000, { ...second, leaf: { ...second.leaf, hash: bytes32() } }), 'reuse');
    await expectOver(s, 22_000, second);
  },

  'a token of the parent’s generation that is not the parent is a reuse, also inside the grace': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first);
    expectOutcome(await s.refresh(21_000, { ...first, leaf: { ...first.leaf, hash: bytes32() } }), 'reuse');
    await expectOver(s, 22_000, second);
  },

  'a token two generations old is a reuse, also inside the grace': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const third = await s.rotate(11_000, await s.rotate(0, first));
    expectOutcome(await s.refresh(11_001, first), 'reuse');
    await expectOver(s, 12_000, third);
  },

  'the thief’s and the victim’s tokens both die when the second of them is presented': async (harness) => {
    const s = await makeScene(harness);
    const stolen = await s.start(0);
    const thief = await s.rotate(20_000, stolen);
    expectOutcome(await s.use(21_000, thief), 'accept');
    expectOutcome(await s.refresh(60_000, stolen), 'reuse');
    await expectOver(s, 61_000, thief);
  },
});
