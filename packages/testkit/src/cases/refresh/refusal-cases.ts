import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { auditTrail, expectNoChange, expectOver, sessionView } from '../observe.ts';
import { expectOutcome } from '../outcome.ts';
import { ABSOLUTE, bytes32, IDLE, makeScene } from '../scene.ts';

export const refusalCases: readonly ConformanceCase<StoreHarness>[] = casesOf('refresh', {
  'a session that is not there is unknown and writes nothing': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const trail = await auditTrail(s);
    expectOutcome(await s.refresh(1_000, { ...first, sessionId: s.makeId() }), 'unknown');
    assert.deepEqual(await auditTrail(s), trail);
  },

  'an id that no session can have is unknown to every verb': async (harness) => {
    const s = await makeScene(harness);
    const keep = await s.start(0);
    for (const sessionId of ['', 'no-uuid', `${keep.sessionId} `, keep.sessionId.toUpperCase(), '🙂']) {
      const held = { ...keep, sessionId };
      expectOutcome(await s.refresh(1_000, held), 'unknown');
      expectOutcome(await s.use(1_000, held), 'unknown');
      expectOutcome(await s.revoke(1_000, held), 'not_found');
    }
    expectOutcome(await s.refresh(1_000, keep), 'rotate');
  },

  'a session of another tenant is unknown': async (harness) => {
    const s = await makeScene(harness);
    const other = await makeScene(harness, { subject: s.subject });
    const first = await s.start(0);
    await expectNoChange(s, first, async () => {
      expectOutcome(await s.refresh(1_000, { ...first, tenant: other.tenant }), 'unknown');
    });
  },

  'a session of the other transport is unknown, both ways': async (harness) => {
    const s = await makeScene(harness);
    const bearer = await s.start(0);
    const cookie = await s.start(0, { transport: 'cookie' });
    await expectNoChange(s, bearer, async () => {
      expectOutcome(await s.refresh(1_000, bearer, { transport: 'cookie' }), 'unknown');
      expectOutcome(await s.refresh(1_000, cookie), 'unknown');
    });
    expectOutcome(await s.refresh(1_000, cookie, { transport: 'cookie' }), 'rotate');
  },

  'a revoked session is revoked, whatever is presented': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first);
    expectOutcome(await s.revoke(21_000, second), 'revoked');
    for (const held of [first, second, { ...second, generation: 9 }]) {
      const refused = expectOutcome(await s.refresh(22_000, held), 'revoked');
      assert.deepEqual([refused.subject, refused.now], [s.subject, s.t0 + 22_000]);
    }
    expectOutcome(await s.refresh(ABSOLUTE, second), 'revoked');
  },

  'a session is revoked when its subject was logged out everywhere, and stays so': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    await s.endAll(1_000);
    expectOutcome(await s.refresh(2_000, first), 'revoked');
    const next = await s.start(3_000);
    expectOutcome(await s.refresh(4_000, next), 'rotate');
    expectOutcome(await s.refresh(4_000, first), 'revoked');
  },

  'a session of a disabled subject refreshes no more, also after the subject was enabled': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const call = { tenant: s.tenant, id: s.subject, actor: null, ...s.time(1_000) };
    expectOutcome(await s.stores.subjects.disable({ ...call, audit: s.stamp() }), 'done');
    const refused = await s.refresh(2_000, first);
    assert.ok(['revoked', 'user_disabled'].includes(refused.outcome), refused.outcome);
    expectOutcome(await s.stores.subjects.enable({ ...call, audit: s.stamp() }), 'done');
    expectOutcome(await s.refresh(3_000, first), 'revoked');
  },

  'the absolute life ends exactly at its end, and the session with it': async (harness) => {
    const s = await makeScene(harness);
    const life = { absoluteMs: 60_000, idleMs: 60_000 };
    expectOutcome(await s.refresh(59_999, await s.start(0, life)), 'rotate');
    const first = await s.start(0, life);
    assert.equal(expectOutcome(await s.refresh(60_000, first), 'expired').current, true);
    await expectOver(s, 0, first);
  },

  'the idle life ends exactly at its end, and the session with it': async (harness) => {
    const s = await makeScene(harness);
    const life = { idleMs: 60_000 };
    expectOutcome(await s.refresh(59_999, await s.start(0, life)), 'rotate');
    const first = await s.start(0, life);
    expectOutcome(await s.refresh(60_000, first), 'idle');
    await expectOver(s, 0, first);
  },

  'an idle life that was slid is counted from the last answer': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0, { aal: 3, idleMs: 60_000 });
    const second = await s.rotate(50_000, first);
    expectOutcome(await s.refresh(50_000 + IDLE[2], second), 'idle');
  },

  'expired comes before idle, and both before every look at the token': async (harness) => {
    const s = await makeScene(harness);
    const life = { absoluteMs: 60_000, idleMs: 30_000 };
    const forged = { generation: 5, leaf: { kid: 1, hash: bytes32(), nonce: null } };
    const expired = await s.refresh(60_000, { ...(await s.start(0, life)), ...forged });
    assert.equal(expectOutcome(expired, 'expired').current, false);
    const idle = await s.refresh(30_000, { ...(await s.start(0, life)), ...forged });
    assert.equal(expectOutcome(idle, 'idle').current, false);
  },

  'an epoch that moved comes before expiry': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0, { absoluteMs: 60_000, idleMs: 60_000 });
    await s.endAll(1_000);
    expectOutcome(await s.refresh(60_000, first), 'revoked');
  },

  'a generation ahead of the store’s is no reuse: the store went back in time': async (harness) => {
    const s = await makeScene(harness);
    const second = await s.rotate(20_000, await s.start(0));
    const before = await sessionView(s, 21_000, second);
    expectOutcome(await s.refresh(21_000, { ...second, generation: 2 }), 'ahead');
    expectOutcome(await s.refresh(21_000, { ...second, generation: 0x7fffffff }), 'ahead');
    assert.deepEqual(await sessionView(s, 21_000, second), before);
    expectOutcome(await s.refresh(40_000, second), 'rotate');
  },
});
