import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { expectOver, sessionView } from '../observe.ts';
import { expectOutcome, hex } from '../outcome.ts';
import { bytes32, ELSEWHERE, GRACE, IDLE, makeScene } from '../scene.ts';

const DAY = 86_400_000;

export const reissueCases: readonly ConformanceCase<StoreHarness>[] = casesOf('refresh', {
  'reissue answers a lost successor with a fresh one of the same generation': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const lost = await s.rotate(20_000, first);
    const call = s.refreshCall(60_000, first, { successor: { kid: 9, hash: bytes32(), nonce: bytes32() } });
    const { session } = expectOutcome(await s.stores.sessions.refresh(call), 'reissue');
    assert.equal(session.generation, lost.generation);
    assert.equal(hex(session.leaf.hash), hex(call.successor.hash));
    assert.equal(hex(session.leaf.nonce), hex(call.successor.nonce));
    assert.equal(session.leaf.kid, 9);
  },

  'reissue begins exactly C after the rotation where nothing was answered since': async (harness) => {
    const s = await makeScene(harness);
    const early = await s.start(0);
    await s.rotate(20_000, early);
    expectOutcome(await s.refresh(20_000 + GRACE - 1, early), 'replay');
    const late = await s.start(0);
    await s.rotate(20_000, late);
    expectOutcome(await s.refresh(20_000 + GRACE, late), 'reissue');
  },

  'reissue displaces the earlier successor: presenting it is a reuse': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const displaced = await s.rotate(20_000, first);
    const reissued = expectOutcome(await s.refresh(60_000, first), 'reissue').session;
    expectOutcome(await s.refresh(61_000, displaced), 'reuse');
    await expectOver(s, 62_000, reissued);
  },

  'reissue moves the window: inside C of it the parent is answered with the reissued successor': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await s.rotate(20_000, first);
    const reissued = expectOutcome(await s.refresh(60_000, first), 'reissue').session;
    const { session } = expectOutcome(await s.refresh(60_000 + GRACE - 1, first), 'replay');
    assert.equal(hex(session.leaf.hash), hex(reissued.leaf.hash));
  },

  'reissue counts as the last answer: the reissued leaf is kept while it is young': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await s.rotate(20_000, first);
    const reissued = expectOutcome(await s.refresh(60_000, first), 'reissue').session;
    expectOutcome(await s.refresh(60_000 + GRACE - 1, reissued), 'keep');
    expectOutcome(await s.refresh(60_000 + GRACE, reissued), 'rotate');
  },

  'reissue slides the idle life and moves the last use, and leaves address and agent': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await s.rotate(20_000, first);
    const before = await sessionView(s, 20_000, first);
    expectOutcome(await s.refresh(60_000, first, { origin: ELSEWHERE }), 'reissue');
    const times = { lastUsedAt: s.t0 + 60_000, idleExpiresAt: s.t0 + 60_000 + IDLE[0] };
    assert.deepEqual(await sessionView(s, 60_000, first), { ...before, ...times });
  },

  'reissue stores the attempt key of its own call': async (harness) => {
    const s = await makeScene(harness);
    const attemptHash = bytes32();
    const first = await s.start(0);
    await s.rotate(20_000, first, { attemptHash: bytes32() });
    expectOutcome(await s.refresh(60_000, first, { attemptHash }), 'reissue');
    expectOutcome(await s.refresh(61_000, first), 'busy');
    expectOutcome(await s.refresh(61_000, first, { attemptHash }), 'replay');
  },

  'reissue happens again while nothing newer was used, however late': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await s.rotate(20_000, first);
    for (const days of [1, 2, 10]) expectOutcome(await s.refresh(days * DAY, first), 'reissue');
  },

  'reissue ends with the first use of the successor’s access token': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first);
    expectOutcome(await s.use(30_000, second), 'accept');
    expectOutcome(await s.refresh(60_000, first), 'reuse');
  },

  'reissue is not undone by the use of the parent’s access token': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await s.rotate(20_000, first);
    expectOutcome(await s.use(30_000, first), 'accept');
    expectOutcome(await s.refresh(60_000, first), 'reissue');
  },

  'reissue forgets the confirmation of an earlier generation only, and is confirmed anew': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await s.rotate(20_000, first);
    const reissued = expectOutcome(await s.refresh(60_000, first), 'reissue').session;
    expectOutcome(await s.use(61_000, reissued), 'accept');
    expectOutcome(await s.refresh(120_000, first), 'reuse');
  },

  'reissue is bounded by L, counted from the leaf’s birth': async (harness) => {
    const s = await makeScene(harness);
    const reissueMs = 120_000;
    const early = await s.start(0);
    await s.rotate(20_000, early);
    expectOutcome(await s.refresh(20_000 + reissueMs - 1, early, { reissueMs }), 'reissue');
    // the reissued leaf has a birth of its own
    expectOutcome(await s.refresh(20_000 + 2 * reissueMs - 2, early, { reissueMs }), 'reissue');
    const late = await s.start(0);
    await s.rotate(20_000, late);
    expectOutcome(await s.refresh(20_000 + reissueMs, late, { reissueMs }), 'reuse');
  },

  'reissue does not exist where L is 0': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await s.rotate(20_000, first);
    expectOutcome(await s.refresh(20_000 + GRACE, first, { reissueMs: 0 }), 'reuse');
  },
});
