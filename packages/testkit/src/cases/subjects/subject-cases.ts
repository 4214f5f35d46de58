import assert from 'node:assert/strict';
import type { Subject } from '@castellan/core/sessions';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { auditRow, auditTrail } from '../observe.ts';
import { expectOutcome } from '../outcome.ts';
import { ELSEWHERE, makeScene } from '../scene.ts';
import { subjectCall, toldByFeed } from './subject-call.ts';

export const subjectCases: readonly ConformanceCase<StoreHarness>[] = casesOf('subjects', {
  'put makes a subject known, at the epochs 0': async (harness) => {
    const s = await makeScene(harness);
    const id = `new-${s.makeId()}`;
    const put = await s.stores.subjects.put({ ...subjectCall(s, 5_000, { id }), tier: 'pro' });
    const { changed, subject, now } = expectOutcome(put, 'done');
    const expected: Subject = { tenant: s.tenant, id, authEpoch: 0, claimsEpoch: 0, tier: 'pro', disabledAt: null };
    assert.deepEqual([changed, subject, now], [true, expected, s.t0 + 5_000]);
    assert.deepEqual(await s.stores.subjects.read(s.tenant, id), expected);
  },

  'put of a known subject without a tier changes nothing': async (harness) => {
    const s = await makeScene(harness, { tier: 'pro' });
    const before = await auditTrail(s);
    const put = await s.stores.subjects.put({ ...subjectCall(s, 0), tier: undefined });
    const { changed, subject } = expectOutcome(put, 'done');
    assert.deepEqual([changed, subject.tier, subject.claimsEpoch], [false, 'pro', 0]);
    assert.deepEqual([await auditTrail(s), await toldByFeed(s)], [before, []]);
  },

  'put of a known subject with another tier is a change of tier': async (harness) => {
    const s = await makeScene(harness, { tier: 'free' });
    const call = subjectCall(s, 1_000, { actor: 'admin' });
    const { changed, subject } = expectOutcome(await s.stores.subjects.put({ ...call, tier: null }), 'done');
    assert.deepEqual([changed, subject.tier, subject.claimsEpoch, subject.authEpoch], [true, null, 1, 0]);
    const row = await auditRow(s, call.audit.id);
    assert.deepEqual([row.action, row.actor, row.outcome], ['tier.change', 'admin', 'success']);
    assert.deepEqual(await toldByFeed(s), [`claims_epoch ${s.subject} 1`]);
  },

  'put never enables a disabled subject': async (harness) => {
    const s = await makeScene(harness);
    expectOutcome(await s.stores.subjects.disable(subjectCall(s, 1_000)), 'done');
    const put = await s.stores.subjects.put({ ...subjectCall(s, 2_000), tier: 'pro' });
    assert.equal(expectOutcome(put, 'done').subject.disabledAt, s.t0 + 1_000);
  },

  'setTier moves the claims epoch, tells the feed and writes tier.change; sessions live on': async (harness) => {
    const s = await makeScene(harness, { tier: 'free' });
    const first = await s.start(0);
    const call = subjectCall(s, 1_000, { audit: s.stamp(ELSEWHERE), actor: 'admin' });
    const { changed, subject, now } = expectOutcome(await s.stores.subjects.setTier({ ...call, tier: 'pro' }), 'done');
    assert.deepEqual([changed, now], [true, s.t0 + 1_000]);
    assert.deepEqual([subject.tier, subject.claimsEpoch, subject.authEpoch], ['pro', 1, 0]);
    const row = await auditRow(s, call.audit.id);
    assert.deepEqual(
      [row.action, row.actor, row.targetKind, row.target, row.at, row.origin],
      ['tier.change', 'admin', 'subject', s.subject, s.t0 + 1_000, ELSEWHERE],
    );
    assert.deepEqual(await toldByFeed(s), [`claims_epoch ${s.subject} 1`]);
    assert.equal((await s.rotate(2_000, first)).tier, 'pro');
  },

  'setTier to the tier that is there changes nothing': async (harness) => {
    const s = await makeScene(harness, { tier: 'pro' });
    const before = await auditTrail(s);
    const same = expectOutcome(await s.stores.subjects.setTier({ ...subjectCall(s, 0), tier: 'pro' }), 'done');
    assert.deepEqual([same.changed, same.subject.claimsEpoch], [false, 0]);
    expectOutcome(await s.stores.subjects.setTier({ ...subjectCall(s, 0), tier: null }), 'done');
    const none = expectOutcome(await s.stores.subjects.setTier({ ...subjectCall(s, 0), tier: null }), 'done');
    assert.deepEqual([none.changed, none.subject.claimsEpoch], [false, 1]);
    assert.equal((await auditTrail(s)).length, before.length + 1);
  },

  'disable moves the auth epoch once, tells the feed and writes subject.disable': async (harness) => {
    const s = await makeScene(harness);
    const call = subjectCall(s, 1_000, { actor: 'admin' });
    const first = expectOutcome(await s.stores.subjects.disable(call), 'done');
    assert.deepEqual([first.changed, first.subject.authEpoch, first.subject.disabledAt], [true, 1, s.t0 + 1_000]);
    const row = await auditRow(s, call.audit.id);
    assert.deepEqual([row.action, row.actor, row.target], ['subject.disable', 'admin', s.subject]);
    assert.deepEqual(await toldByFeed(s), [`auth_epoch ${s.subject} 1`]);

    const trail = await auditTrail(s);
    const again = expectOutcome(await s.stores.subjects.disable(subjectCall(s, 2_000)), 'done');
    assert.deepEqual([again.changed, again.subject.authEpoch, again.subject.disabledAt], [false, 1, s.t0 + 1_000]);
    assert.deepEqual([await auditTrail(s), await toldByFeed(s)], [trail, [`auth_epoch ${s.subject} 1`]]);
  },

  'enable lets the subject sign in again, and revives no session': async (harness) => {
    const s = await makeScene(harness);
    const dead = await s.start(0);
    const idle = expectOutcome(await s.stores.subjects.enable(subjectCall(s, 500)), 'done');
    assert.equal(idle.changed, false);
    expectOutcome(await s.stores.subjects.disable(subjectCall(s, 1_000)), 'done');
    const call = subjectCall(s, 2_000);
    const enabled = expectOutcome(await s.stores.subjects.enable(call), 'done');
    assert.deepEqual([enabled.changed, enabled.subject.disabledAt], [true, null]);
    assert.equal((await auditRow(s, call.audit.id)).action, 'subject.enable');
    expectOutcome(await s.refresh(3_000, dead), 'revoked');
    expectOutcome(await s.use(3_000, dead), 'revoked');
    expectOutcome(await s.refresh(4_000, await s.start(3_000)), 'rotate');
  },

  'endAll ends every session in one step, and moves the epoch each time': async (harness) => {
    const s = await makeScene(harness);
    const sessions = [await s.start(0), await s.rotate(1_000, await s.start(0))];
    const call = subjectCall(s, 2_000, { actor: s.subject });
    const { changed, subject, now } = expectOutcome(await s.stores.subjects.endAll(call), 'done');
    assert.deepEqual([changed, subject.authEpoch, subject.disabledAt, now], [true, 1, null, s.t0 + 2_000]);
    const row = await auditRow(s, call.audit.id);
    assert.deepEqual([row.action, row.actor, row.outcome], ['user.logout_all', s.subject, 'success']);
    assert.deepEqual(await toldByFeed(s), [`auth_epoch ${s.subject} 1`]);
    for (const held of sessions) {
      expectOutcome(await s.refresh(3_000, held), 'revoked');
      expectOutcome(await s.use(3_000, held), 'revoked');
    }
    await s.endAll(4_000);
    assert.equal((await s.stores.subjects.read(s.tenant, s.subject))?.authEpoch, 2);
  },

  'a subject that is not there, or another tenant’s, is not found': async (harness) => {
    const s = await makeScene(harness);
    const other = await makeScene(harness);
    for (const id of [`missing-${s.makeId()}`, other.subject]) {
      assert.equal(await s.stores.subjects.read(s.tenant, id), undefined);
      const call = subjectCall(s, 0, { id });
      expectOutcome(await s.stores.subjects.setTier({ ...call, tier: 'pro' }), 'not_found');
      expectOutcome(await s.stores.subjects.disable(call), 'not_found');
      expectOutcome(await s.stores.subjects.enable(call), 'not_found');
      expectOutcome(await s.stores.subjects.endAll(call), 'not_found');
    }
    assert.deepEqual([await toldByFeed(s), await toldByFeed(other)], [[], []]);
  },

  'one id in two tenants is two subjects': async (harness) => {
    const s = await makeScene(harness);
    const other = await makeScene(harness, { subject: s.subject });
    const held = await other.start(0);
    await s.endAll(1_000);
    assert.equal((await s.stores.subjects.read(other.tenant, s.subject))?.authEpoch, 0);
    expectOutcome(await other.refresh(2_000, held), 'rotate');
  },

  'ids of 255 characters and of any script are taken': async (harness) => {
    for (const subject of ['s'.repeat(255), '用户-🙂', '42', "o'hara@example.com"]) {
      const s = await makeScene(harness, { subject });
      expectOutcome(await s.refresh(1_000, await s.start(0)), 'rotate');
    }
  },
});
