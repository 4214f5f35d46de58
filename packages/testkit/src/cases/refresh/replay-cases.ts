import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { expectNoChange, sessionView } from '../observe.ts';
import { expectOutcome, hex } from '../outcome.ts';
import { bytes32, ELSEWHERE, GRACE, IDLE, makeScene } from '../scene.ts';

export const replayCases: readonly ConformanceCase<StoreHarness>[] = casesOf('refresh', {
  'a replay answers the same successor, not the one that its call brought': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first, { successor: { kid: 3, hash: bytes32(), nonce: bytes32() } });
    const { session } = expectOutcome(await s.refresh(25_000, first), 'replay');
    assert.equal(session.generation, 1);
    assert.equal(hex(session.leaf.hash), hex(second.leaf.hash));
    assert.equal(hex(session.leaf.nonce), hex(second.leaf.nonce));
    assert.equal(session.leaf.kid, 3, 'the successor is derived with the pepper that made it');
    assert.equal(session.now, s.t0 + 25_000);
  },

  'a replay never moves the window of the leaf: it ends exactly C after the rotation': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await s.rotate(20_000, first);
    for (const after of [3_000, 6_000, GRACE - 1]) expectOutcome(await s.refresh(20_000 + after, first), 'replay');
    expectOutcome(await s.refresh(20_000 + GRACE, first), 'busy');
  },

  'a replay is busy from C after the rotation until C after the last answer': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first);
    expectOutcome(await s.refresh(28_000, first), 'replay');
    await expectNoChange(s, second, async () => {
      expectOutcome(await s.refresh(30_000, first), 'busy');
      expectOutcome(await s.refresh(37_999, first), 'busy');
    });
    expectOutcome(await s.refresh(38_000, first), 'reissue');
  },

  'a replay moves the moment of last use and slides the idle life, and leaves address and agent': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await s.rotate(20_000, first);
    const before = await sessionView(s, 20_000, first);
    expectOutcome(await s.refresh(25_000, first, { origin: ELSEWHERE }), 'replay');
    const after = await sessionView(s, 25_000, first);
    const times = { lastUsedAt: s.t0 + 25_000, idleExpiresAt: s.t0 + 25_000 + IDLE[0] };
    assert.deepEqual(after, { ...before, ...times });
  },

  'a replay inside C is answered also after the successor was used': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first);
    expectOutcome(await s.use(21_000, second), 'accept');
    expectOutcome(await s.refresh(22_000, first), 'replay');
  },

  'a replay keeps the confirmation of the leaf': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first);
    expectOutcome(await s.use(21_000, second), 'accept');
    expectOutcome(await s.refresh(22_000, first), 'replay');
    expectOutcome(await s.refresh(60_000, first), 'reuse');
  },

  'a replay confirms nothing: an unused successor can be reissued': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await s.rotate(20_000, first);
    expectOutcome(await s.refresh(22_000, first), 'replay');
    expectOutcome(await s.refresh(60_000, first), 'reissue');
  },

  'a replay by another attempt is busy inside C and changes nothing': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const attemptHash = bytes32();
    const second = await s.rotate(20_000, first, { attemptHash });
    await expectNoChange(s, second, async () => {
      expectOutcome(await s.refresh(21_000, first, { attemptHash: bytes32() }), 'busy');
      expectOutcome(await s.refresh(21_000, first), 'busy');
    });
    expectOutcome(await s.refresh(21_000, first, { attemptHash }), 'replay');
  },

  'a replay does not store its attempt key': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await s.rotate(20_000, first);
    expectOutcome(await s.refresh(21_000, first, { attemptHash: bytes32() }), 'replay');
    expectOutcome(await s.refresh(22_000, first, { attemptHash: bytes32() }), 'replay');
  },

  'the same call again is recognised by its successor, however late, and changes nothing': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const call = s.refreshCall(20_000, first);
    const second = expectOutcome(await s.stores.sessions.refresh(call), 'rotate').session;
    expectOutcome(await s.use(21_000, second), 'accept'); // used: neither replay nor reissue could answer
    for (const at of [21_000, 60_000, 3_600_000]) {
      const repeated = { ...call, ...s.time(at) };
      const again = expectOutcome(await s.stores.sessions.refresh(repeated), 'again').session;
      assert.equal(again.generation, second.generation);
      assert.equal(hex(again.leaf.hash), hex(second.leaf.hash));
      assert.equal(hex(again.leaf.nonce), hex(second.leaf.nonce));
    }
    assert.equal((await sessionView(s, 60_000, second))?.lastUsedAt, s.t0 + 20_000);
    expectOutcome(await s.refresh(60_000, second), 'rotate');
  },

  'the same call again, after a reissue of its own, gives the same pair': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await s.rotate(20_000, first);
    const call = s.refreshCall(60_000, first);
    const reissued = expectOutcome(await s.stores.sessions.refresh(call), 'reissue').session;
    const again = expectOutcome(await s.stores.sessions.refresh(call), 'again').session;
    assert.equal(hex(again.leaf.hash), hex(reissued.leaf.hash));
  },
});
