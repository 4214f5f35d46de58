import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { expectNoChange, sessionView } from '../observe.ts';
import { expectOutcome, hex } from '../outcome.ts';
import { bytes32, ELSEWHERE, GRACE, makeScene } from '../scene.ts';

export const keepCases: readonly ConformanceCase<StoreHarness>[] = casesOf('refresh', {
  'keep answers a young leaf with itself': async (harness) => {
    const s = await makeScene(harness);
    const second = await s.rotate(20_000, await s.start(0));
    const { session } = expectOutcome(await s.refresh(21_000, second), 'keep');
    assert.equal(session.generation, 1);
    assert.equal(hex(session.leaf.hash), hex(second.leaf.hash));
    assert.equal(hex(session.leaf.nonce), hex(second.leaf.nonce));
    assert.equal(session.leaf.kid, second.leaf.kid);
    assert.equal(session.now, s.t0 + 21_000);
  },

  'keep ends exactly C after the last answer': async (harness) => {
    const s = await makeScene(harness);
    const second = await s.rotate(20_000, await s.start(0));
    expectOutcome(await s.refresh(20_000 + GRACE - 1, second), 'keep');
    expectOutcome(await s.refresh(20_000 + GRACE, second), 'rotate');
  },

  'keep never moves its own window': async (harness) => {
    const s = await makeScene(harness);
    const second = await s.rotate(20_000, await s.start(0));
    for (const after of [3_000, 6_000, 9_000]) expectOutcome(await s.refresh(20_000 + after, second), 'keep');
    expectOutcome(await s.refresh(20_000 + GRACE, second), 'rotate');
  },

  'keep is counted from the last answer, a replay included': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first);
    expectOutcome(await s.refresh(29_000, first), 'replay');
    expectOutcome(await s.refresh(38_999, second), 'keep');
    expectOutcome(await s.refresh(39_000, second), 'rotate');
  },

  'keep changes neither times nor address nor agent of the session': async (harness) => {
    const s = await makeScene(harness);
    const second = await s.rotate(20_000, await s.start(0));
    const before = await sessionView(s, 20_000, second);
    expectOutcome(await s.refresh(25_000, second, { origin: ELSEWHERE }), 'keep');
    assert.deepEqual(await sessionView(s, 20_000, second), before);
  },

  'keep confirms the leaf: its parent is spent': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first);
    expectOutcome(await s.refresh(21_000, second), 'keep');
    expectOutcome(await s.refresh(60_000, first), 'reuse');
  },

  'keep answers the client whose attempt made the leaf': async (harness) => {
    const s = await makeScene(harness);
    const attemptHash = bytes32();
    const second = await s.rotate(20_000, await s.start(0), { attemptHash });
    expectOutcome(await s.refresh(21_000, second, { attemptHash }), 'keep');
  },

  'keep turns to busy for another attempt, and for none, and changes nothing': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first, { attemptHash: bytes32() });
    await expectNoChange(s, second, async () => {
      expectOutcome(await s.refresh(21_000, second, { attemptHash: bytes32() }), 'busy');
      expectOutcome(await s.refresh(21_000, second), 'busy');
    });
    // not confirmed by them: the parent's holder is still answered
    expectOutcome(await s.refresh(60_000, first), 'reissue');
  },

  'keep asks for no attempt key where the leaf was made without one': async (harness) => {
    const s = await makeScene(harness);
    const second = await s.rotate(20_000, await s.start(0));
    expectOutcome(await s.refresh(21_000, second, { attemptHash: bytes32() }), 'keep');
  },
});
