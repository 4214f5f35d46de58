import assert from 'node:assert/strict';
import type { ListCall, SessionPage } from '@castellan/core/sessions';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { expectOutcome } from '../outcome.ts';
import { type At, makeScene, type Scene } from '../scene.ts';

function listed(s: Scene, at: At, change?: Partial<ListCall>): Promise<SessionPage> {
  const call = { tenant: s.tenant, subject: s.subject, page: 1, pageSize: 20, ...s.time(at), ...change };
  return s.stores.sessions.list(call);
}

export const listCases: readonly ConformanceCase<StoreHarness>[] = casesOf('list', {
  'sessions come newest first, page by page, none twice and none missing': async (harness) => {
    const s = await makeScene(harness);
    const ids: string[] = [];
    for (let n = 0; n < 7; n++) ids.unshift((await s.start(n)).sessionId);
    const pages = await Promise.all([1, 2, 3, 4].map((page) => listed(s, 1_000, { page, pageSize: 3 })));
    assert.deepEqual(
      pages.map(({ items }) => items.map(({ id }) => id)),
      [ids.slice(0, 3), ids.slice(3, 6), ids.slice(6), []],
    );
    for (const { total, totalIsCapped, now } of pages)
      assert.deepEqual([total, totalIsCapped, now], [7, false, s.t0 + 1_000]);
  },

  'a refresh does not change the order': async (harness) => {
    const s = await makeScene(harness);
    const older = await s.start(0);
    const newer = await s.start(1);
    await s.rotate(20_000, older);
    const { items } = await listed(s, 20_000);
    assert.deepEqual(
      items.map(({ id }) => id),
      [newer.sessionId, older.sessionId],
    );
  },

  'sessions that could not refresh now are left out: revoked, idle, expired': async (harness) => {
    const s = await makeScene(harness);
    const live = await s.start(0);
    const revoked = await s.start(0);
    expectOutcome(await s.revoke(1_000, revoked), 'revoked');
    await s.start(0, { idleMs: 60_000 });
    await s.start(0, { absoluteMs: 60_000, idleMs: 60_000 });
    assert.equal((await listed(s, 59_999)).total, 3);
    const { items, total } = await listed(s, 60_000);
    assert.deepEqual([items.map(({ id }) => id), total], [[live.sessionId], 1]);
  },

  'sessions of an epoch that is over, and of a disabled subject, are left out': async (harness) => {
    const s = await makeScene(harness);
    await s.start(0);
    await s.endAll(1_000);
    assert.equal((await listed(s, 2_000)).total, 0);
    await s.start(3_000);
    assert.equal((await listed(s, 3_000)).total, 1);
    const call = { tenant: s.tenant, id: s.subject, audit: s.stamp(), actor: null, ...s.time(4_000) };
    expectOutcome(await s.stores.subjects.disable(call), 'done');
    assert.deepEqual((await listed(s, 5_000)).items, []);
  },

  'another subject’s and another tenant’s sessions are left out': async (harness) => {
    const s = await makeScene(harness);
    const neighbour = await makeScene(harness, { tenant: s.tenant });
    const elsewhere = await makeScene(harness, { subject: s.subject });
    await neighbour.start(0);
    await elsewhere.start(0);
    const { items, total, now } = await listed(s, 1_000);
    assert.deepEqual([items, total, now], [[], 0, s.t0 + 1_000]);
  },

  'the store’s clock decides where the call brings no time': async (harness) => {
    const s = await makeScene(harness);
    await s.start(-120_000, { idleMs: 60_000 });
    const live = await s.start(-120_000);
    assert.deepEqual(
      (await listed(s, null)).items.map(({ id }) => id),
      [live.sessionId],
    );
  },

  'totals stop counting at 1,000': async (harness) => {
    const s = await makeScene(harness);
    const startMany = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 50)
        await Promise.all(Array.from({ length: Math.min(50, count - done) }, () => s.start(0, { audit: null })));
    };
    await startMany(1_000);
    const full = await listed(s, 0);
    assert.deepEqual([full.total, full.totalIsCapped, full.items.length], [1_000, false, 20]);
    await startMany(1);
    const capped = await listed(s, 0, { page: 11, pageSize: 100 });
    assert.deepEqual([capped.total, capped.totalIsCapped], [1_000, true]);
    assert.equal(capped.items.length, 1, 'a page behind the counted ones is still served');
  },
});
