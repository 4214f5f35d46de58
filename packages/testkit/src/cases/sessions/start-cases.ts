import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { auditRow, auditTrail, liveRevocations, sessionView } from '../observe.ts';
import { expectOutcome, hex } from '../outcome.ts';
import { ABSOLUTE, bytes32, ELSEWHERE, IDLE, makeScene } from '../scene.ts';

export const startCases: readonly ConformanceCase<StoreHarness>[] = casesOf('start', {
  'a session begins at generation 0 with the leaf of the call': async (harness) => {
    const s = await makeScene(harness, { tier: 'pro' });
    const call = s.startCall(5_000, { aal: 2, leaf: { kid: 200, hash: bytes32() } });
    const { session } = expectOutcome(await s.stores.sessions.start(call), 'started');
    const { leaf, ...rest } = session;
    assert.deepEqual(rest, {
      sessionId: call.sessionId,
      tenant: s.tenant,
      subject: s.subject,
      userEpoch: 0,
      claimsEpoch: 0,
      tier: 'pro',
      aal: 2,
      generation: 0,
      expiresAt: s.t0 + 5_000 + ABSOLUTE,
      now: s.t0 + 5_000,
    });
    assert.deepEqual([leaf.kid, hex(leaf.hash), leaf.nonce], [200, hex(call.leaf.hash), null]);
  },

  'the list shows what the session began with': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(5_000, { aal: 3, idleMs: 60_000, origin: ELSEWHERE });
    assert.deepEqual(await sessionView(s, 5_000, first), {
      id: first.sessionId,
      createdAt: s.t0 + 5_000,
      lastUsedAt: s.t0 + 5_000,
      idleExpiresAt: s.t0 + 65_000,
      expiresAt: s.t0 + 5_000 + ABSOLUTE,
      aal: 3,
      ip: ELSEWHERE.ip,
      userAgent: ELSEWHERE.userAgent,
    });
  },

  'the idle life ends no later than the absolute life': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0, { idleMs: IDLE[0], absoluteMs: 60_000 });
    assert.equal((await sessionView(s, 0, first))?.idleExpiresAt, s.t0 + 60_000);
  },

  'a start writes one user.login with the stamp of its call': async (harness) => {
    const s = await makeScene(harness);
    const call = s.startCall(5_000, { origin: ELSEWHERE, audit: s.stamp(ELSEWHERE) });
    expectOutcome(await s.stores.sessions.start(call), 'started');
    const row = await auditRow(s, call.audit?.id ?? '');
    assert.deepEqual(
      [row.action, row.outcome, row.actor, row.targetKind, row.target, row.at, row.origin],
      ['user.login', 'success', s.subject, 'subject', s.subject, s.t0 + 5_000, ELSEWHERE],
    );
    assert.deepEqual(await liveRevocations(s), []);
  },

  'a start without a stamp writes no audit row': async (harness) => {
    const s = await makeScene(harness);
    const before = await auditTrail(s);
    await s.start(0, { audit: null });
    assert.deepEqual(await auditTrail(s), before);
  },

  'a start behind a fence that moved is refused and writes nothing': async (harness) => {
    const s = await makeScene(harness);
    await s.endAll(1_000);
    const before = await auditTrail(s);
    expectOutcome(await s.tryStart(2_000, { authEpoch: 0 }), 'refused');
    expectOutcome(await s.tryStart(2_000, { authEpoch: 2 }), 'refused');
    assert.deepEqual(await auditTrail(s), before);
    const session = await s.start(2_000, { authEpoch: 1 });
    assert.equal(session.userEpoch, 1);
    expectOutcome(await s.refresh(3_000, session), 'rotate');
  },

  'a start without a fence takes the subject’s epoch': async (harness) => {
    const s = await makeScene(harness);
    await s.endAll(1_000);
    assert.equal((await s.start(2_000)).userEpoch, 1);
  },

  'a start for a subject that is not there, or is another tenant’s, is refused': async (harness) => {
    const s = await makeScene(harness);
    const other = await makeScene(harness);
    expectOutcome(await s.tryStart(0, { subject: `missing-${s.makeId()}` }), 'refused');
    expectOutcome(await s.tryStart(0, { subject: other.subject }), 'refused');
  },

  'a start for a disabled subject is refused, with a fence and without': async (harness) => {
    const s = await makeScene(harness);
    const call = { tenant: s.tenant, id: s.subject, actor: null, ...s.time(0) };
    expectOutcome(await s.stores.subjects.disable({ ...call, audit: s.stamp() }), 'done');
    for (const authEpoch of [null, 0, 1]) expectOutcome(await s.tryStart(1_000, { authEpoch }), 'refused');
    expectOutcome(await s.stores.subjects.enable({ ...call, audit: s.stamp() }), 'done');
    expectOutcome(await s.tryStart(2_000, { authEpoch: 1 }), 'started');
  },

  'the same start again answers the same session and writes it once': async (harness) => {
    const s = await makeScene(harness);
    const call = s.startCall(0, { authEpoch: 0 });
    const first = expectOutcome(await s.stores.sessions.start(call), 'started').session;
    const again = expectOutcome(await s.stores.sessions.start(call), 'started').session;
    assert.deepEqual(
      [again.sessionId, again.generation, hex(again.leaf.hash), again.expiresAt],
      [first.sessionId, 0, hex(first.leaf.hash), first.expiresAt],
    );
    await auditRow(s, call.audit?.id ?? '');
    const list = { tenant: s.tenant, subject: s.subject, page: 1, pageSize: 100, ...s.time(0) };
    assert.equal((await s.stores.sessions.list(list)).total, 1);
    expectOutcome(await s.refresh(1_000, first), 'rotate');
  },

  'text of any script, and bytes of any value, come back as they went in': async (harness) => {
    const s = await makeScene(harness, { subject: "Ünïcode — 日本語 “quoted” \\ '{}' 🙂" });
    const userAgent = `agent '"\\,{}() ${'é'.repeat(200)}`;
    const hash = new Uint8Array(32).fill(0);
    hash[31] = 0xff;
    const first = await s.start(0, { leaf: { kid: 0, hash }, origin: { ...ELSEWHERE, ip: '2001:db8::1', userAgent } });
    assert.deepEqual([first.subject, hex(first.leaf.hash)], [s.subject, hex(hash)]);
    const view = await sessionView(s, 0, first);
    assert.deepEqual([view?.ip, view?.userAgent], ['2001:db8::1', userAgent]);
    const second = await s.rotate(1_000, first, { origin: { ...ELSEWHERE, ip: null, userAgent } });
    assert.equal((await sessionView(s, 1_000, second))?.ip, null);
  },
});
