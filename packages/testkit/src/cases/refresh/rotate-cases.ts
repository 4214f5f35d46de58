import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { sessionView } from '../observe.ts';
import { expectOutcome, hex } from '../outcome.ts';
import { ABSOLUTE, bytes32, ELSEWHERE, GRACE, IDLE, makeScene } from '../scene.ts';

export const rotateCases: readonly ConformanceCase<StoreHarness>[] = casesOf('refresh', {
  'rotate answers the successor that the call brought, at the next generation': async (harness) => {
    const s = await makeScene(harness, { tier: 'pro' });
    const first = await s.start(0);
    const call = s.refreshCall(20_000, first, { successor: { kid: 7, hash: bytes32(), nonce: bytes32() } });
    const { session } = expectOutcome(await s.stores.sessions.refresh(call), 'rotate');
    assert.equal(session.generation, 1);
    assert.equal(session.leaf.kid, 7);
    assert.equal(hex(session.leaf.hash), hex(call.successor.hash));
    assert.equal(hex(session.leaf.nonce), hex(call.successor.nonce));
    assert.equal(session.now, s.t0 + 20_000, 'the time of the answer is the verdict’s');
    assert.equal(session.expiresAt, s.t0 + ABSOLUTE, 'the absolute life never moves');
    assert.deepEqual([session.sessionId, session.tenant, session.subject], [first.sessionId, s.tenant, s.subject]);
    assert.deepEqual([session.aal, session.tier], [1, 'pro']);
  },

  'generation 0 rotates at once, also inside the grace: a young leaf is kept from generation 1 on': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    expectOutcome(await s.refresh(1, first), 'rotate');
  },

  'rotate writes address, agent and moment of last use into the session': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await s.rotate(20_000, first, { origin: ELSEWHERE });
    const view = await sessionView(s, 20_000, first);
    assert.equal(view?.ip, ELSEWHERE.ip);
    assert.equal(view?.userAgent, ELSEWHERE.userAgent);
    assert.equal(view?.lastUsedAt, s.t0 + 20_000);
    assert.equal(view?.createdAt, s.t0, 'the birth of the session never moves');
  },

  'rotate slides the idle life by the assurance level of the session': async (harness) => {
    const s = await makeScene(harness);
    const lives = [
      [1, IDLE[0]],
      [2, IDLE[1]],
      [3, IDLE[2]],
    ] as const;
    for (const [aal, idleMs] of lives) {
      const first = await s.start(0, { aal, idleMs: 60_000 });
      await s.rotate(30_000, first);
      const view = await sessionView(s, 30_000, first);
      assert.deepEqual([view?.aal, view?.idleExpiresAt], [aal, s.t0 + 30_000 + idleMs]);
    }
  },

  'rotate slides the idle life never past the absolute life': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0, { absoluteMs: 60_000, idleMs: 60_000 });
    await s.rotate(30_000, first);
    const view = await sessionView(s, 30_000, first);
    assert.equal(view?.idleExpiresAt, s.t0 + 60_000);
    assert.equal(view?.expiresAt, s.t0 + 60_000);
  },

  'rotate makes the leaf the parent: it replays, its own parent is spent': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first);
    await s.rotate(40_000, second);
    expectOutcome(await s.refresh(41_000, second), 'replay');
    expectOutcome(await s.refresh(41_000, first), 'reuse');
  },

  'rotate takes the confirmation away: the new leaf is unused': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    expectOutcome(await s.use(1_000, first), 'accept');
    await s.rotate(20_000, first);
    expectOutcome(await s.refresh(60_000, first), 'reissue');
  },

  'rotate stores the attempt key of its own call and forgets the earlier one': async (harness) => {
    const s = await makeScene(harness);
    const attemptHash = bytes32();
    const first = await s.start(0);
    const second = await s.rotate(20_000, first, { attemptHash });
    expectOutcome(await s.refresh(21_000, first), 'busy');
    expectOutcome(await s.refresh(21_000, first, { attemptHash }), 'replay');
    await s.rotate(60_000, second);
    expectOutcome(await s.refresh(61_000, second, { attemptHash }), 'replay');
    expectOutcome(await s.refresh(61_000, second), 'replay');
  },

  'rotate answers tier and claims epoch as the subject has them at that moment': async (harness) => {
    const s = await makeScene(harness, { tier: 'free' });
    const first = await s.start(0);
    const call = { tenant: s.tenant, id: s.subject, tier: 'pro', audit: s.stamp(), actor: null, ...s.time(1_000) };
    const { subject } = expectOutcome(await s.stores.subjects.setTier(call), 'done');
    const second = await s.rotate(20_000, first);
    assert.equal(second.tier, 'pro');
    assert.equal(second.claimsEpoch, subject.claimsEpoch);
    assert.equal(second.claimsEpoch, first.claimsEpoch + 1);
    assert.equal(second.userEpoch, first.userEpoch, 'a change of claims ends no session');
  },

  'a proof of possession by a session that is bound to no key changes nothing': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    expectOutcome(await s.refresh(20_000, first, { jkt: 'thumbprint' }), 'rotate');
  },

  'without grace and reissue every second presentation is a reuse (RFC 9700 section 4.14.2)': async (harness) => {
    const s = await makeScene(harness);
    const textbook = { graceMs: 0, reissueMs: 0 };
    const first = await s.start(0);
    const second = await s.rotate(0, first, textbook);
    const third = await s.rotate(0, second, textbook);
    expectOutcome(await s.refresh(0, second, textbook), 'reuse');
    expectOutcome(await s.refresh(0, third, textbook), 'revoked');
  },

  'one session’s tokens mean nothing to another’s': async (harness) => {
    const s = await makeScene(harness);
    const mine = await s.start(0);
    const other = await s.start(0);
    expectOutcome(await s.refresh(GRACE, { ...other, leaf: mine.leaf }), 'reuse');
    expectOutcome(await s.refresh(GRACE, mine), 'rotate');
  },
});
