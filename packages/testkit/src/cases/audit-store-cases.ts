import assert from 'node:assert/strict';
import type { AuditEntry, AuditPosition } from '@castellan/core/audit';
import { noOrigin } from '@castellan/core/kernel';
import { type ConformanceCase, casesOf } from '../conformance-case.ts';
import type { StoreHarness } from '../store-harness.ts';
import { auditTrail } from './observe.ts';
import { race, rounds } from './racing.ts';
import { type At, makeScene, ORIGIN, type Scene } from './scene.ts';

function entry(s: Scene, at: At, change?: Partial<AuditEntry>): AuditEntry {
  return {
    id: s.makeId(),
    ...(at === null ? {} : { at: s.t0 + at }),
    tenant: s.tenant,
    actor: s.subject,
    action: 'order.create',
    targetKind: 'order',
    target: 'order-1',
    outcome: 'success',
    origin: ORIGIN,
    meta: null,
    ...change,
  };
}

/** The ids of all rows, page by page. */
async function walk(s: Scene, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let before: AuditPosition | null = null;
  do {
    const position: { before?: AuditPosition } = before ? { before } : {};
    const page = await s.stores.audit.query({ tenant: s.tenant, action: 'order.create', limit, ...position });
    assert.ok(page.events.length === limit || page.next === null, 'a page that is not full is the last');
    assert.ok(page.events.length > 0 || ids.length === 0, 'a page was announced that is empty');
    ids.push(...page.events.map(({ id }) => id));
    before = page.next;
  } while (before);
  return ids;
}

/** The rules of `AuditStore`. */
export const auditStoreCases: readonly ConformanceCase<StoreHarness>[] = casesOf('audit', {
  'an entry comes back as it went in': async (harness) => {
    const s = await makeScene(harness);
    const meta = { text: 'Ünïcode “quoted” \\ 🙂', count: 42, ratio: 0.5, yes: true, no: false, nothing: null };
    const full = entry(s, -1, { meta, outcome: 'failure', origin: { ...ORIGIN, ip: '2001:db8::1' } });
    const empty = entry(s, -2, { actor: null, targetKind: null, target: null, origin: noOrigin });
    await s.stores.audit.append([full, empty]);
    assert.deepEqual(await auditTrail(s, { action: 'order.create' }), [full, empty]);
  },

  'an entry without a time gets the store’s': async (harness) => {
    const s = await makeScene(harness);
    await s.stores.audit.append([entry(s, null)]);
    const [row] = await auditTrail(s, { action: 'order.create' });
    assert.ok(row && Math.abs(row.at - s.t0) < 60_000);
  },

  'no entries are no work': async (harness) => {
    const s = await makeScene(harness);
    await s.stores.audit.append([]);
    assert.deepEqual(await auditTrail(s, { action: 'order.create' }), []);
  },

  'an entry that is there already is skipped, and the others of its batch are written': async (harness) => {
    const s = await makeScene(harness);
    const [one, two, three] = [entry(s, 1), entry(s, 2), entry(s, 3)];
    await s.stores.audit.append([one, two]);
    await s.stores.audit.append([two, three, three]);
    assert.deepEqual(
      (await auditTrail(s, { action: 'order.create' })).map(({ id }) => id),
      [three.id, two.id, one.id],
    );
  },

  'of a batch either all is there or nothing, for whoever looks meanwhile': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async (round) => {
      const target = `batch-${round}`;
      const batch = Array.from({ length: 40 }, (_, n) => entry(s, n, { target }));
      await race(
        harness,
        async (stores, racer) => {
          if (racer === 1) {
            await stores.audit.append(batch);
            return;
          }
          const { events } = await stores.audit.query({ tenant: s.tenant, target, limit: 100 });
          assert.ok(
            [0, batch.length].includes(events.length),
            `${events.length} of ${batch.length} entries were there`,
          );
        },
        5,
      );
      assert.equal((await auditTrail(s, { target })).length, batch.length);
    });
  },

  'an append that is refused has written nothing': async (harness) => {
    const s = await makeScene(harness);
    const batch = [entry(s, 1), entry(s, 2, { target: 'NUL \0 inside' }), entry(s, 3)];
    const written = await s.stores.audit.append(batch).then(
      () => batch.length,
      () => 0, // not every store can hold a NUL
    );
    assert.equal((await auditTrail(s, { action: 'order.create' })).length, written);
  },

  'of 20 racers appending one entry one writes it, and none fails': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async (round) => {
      const target = `racer-${round}`;
      const same = entry(s, 1, { target });
      await race(harness, (stores) => stores.audit.append([same]));
      assert.equal((await auditTrail(s, { target })).length, 1);
    });
  },

  'filters select by tenant, actor, action, outcome and target, joined by and': async (harness) => {
    const s = await makeScene(harness);
    const other = await makeScene(harness);
    const rows = [
      entry(s, 1),
      entry(s, 2, { actor: 'somebody' }),
      entry(s, 3, { action: 'order.cancel' }),
      entry(s, 4, { outcome: 'failure' }),
      entry(s, 5, { target: 'order-2' }),
      entry(s, 6, { actor: 'somebody', action: 'order.cancel', outcome: 'failure', target: 'order-2' }),
    ];
    await s.stores.audit.append([...rows, entry(other, 7)]);
    const found = async (filter: object): Promise<number[]> =>
      (await auditTrail(s, filter)).map(({ id }) => rows.findIndex((row) => row.id === id) + 1).reverse();
    assert.deepEqual(await found({}), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(await found({ actor: 'somebody' }), [2, 6]);
    assert.deepEqual(await found({ action: 'order.cancel' }), [3, 6]);
    assert.deepEqual(await found({ outcome: 'failure' }), [4, 6]);
    assert.deepEqual(await found({ target: 'order-2' }), [5, 6]);
    assert.deepEqual(await found({ actor: 'somebody', outcome: 'success' }), [2]);
    assert.deepEqual(await found({ action: 'order.cancel', target: 'order-1', actor: s.subject }), [3]);
    assert.deepEqual(await found({ actor: 'nobody' }), []);
  },

  'from is inclusive and to is exclusive': async (harness) => {
    const s = await makeScene(harness);
    await s.stores.audit.append([1_000, 2_000, 3_000].map((at) => entry(s, at)));
    const times = async (filter: { from?: number; to?: number }): Promise<number[]> =>
      (await auditTrail(s, { action: 'order.create', ...filter })).map(({ at }) => at - s.t0);
    assert.deepEqual(await times({ from: s.t0 + 2_000 }), [3_000, 2_000]);
    assert.deepEqual(await times({ to: s.t0 + 2_000 }), [1_000]);
    assert.deepEqual(await times({ from: s.t0 + 1_000, to: s.t0 + 3_000 }), [2_000, 1_000]);
  },

  'pages are complete and without repetition, newest first, also where many times are equal': async (harness) => {
    const s = await makeScene(harness);
    // seven times for 101 rows, appended out of order
    const rows = Array.from({ length: 101 }, (_, n) => entry(s, (n * 5) % 7));
    for (let n = 0; n < rows.length; n += 30) await s.stores.audit.append(rows.slice(n, n + 30));
    const newestFirst = [...rows]
      .sort((a, b) => (b.at ?? 0) - (a.at ?? 0) || (a.id < b.id ? 1 : -1))
      .map(({ id }) => id);
    for (const limit of [1, 7, 50, 100]) assert.deepEqual(await walk(s, limit), newestFirst, `pages of ${limit}`);
  },

  'the last page announces no other, also when it is full': async (harness) => {
    const s = await makeScene(harness);
    await s.stores.audit.append(Array.from({ length: 100 }, (_, n) => entry(s, n)));
    const query = { tenant: s.tenant, action: 'order.create' };
    const all = await s.stores.audit.query({ ...query, limit: 100 });
    assert.deepEqual([all.events.length, all.next], [100, null]);
    const half = await s.stores.audit.query({ ...query, limit: 50 });
    assert.deepEqual(half.next, { at: half.events[49]?.at, id: half.events[49]?.id });
    const rest = await s.stores.audit.query({ ...query, limit: 50, ...(half.next ? { before: half.next } : {}) });
    assert.deepEqual([rest.events.length, rest.next], [50, null]);
  },

  'rows that come while somebody turns pages move nothing': async (harness) => {
    const s = await makeScene(harness);
    await s.stores.audit.append(Array.from({ length: 20 }, (_, n) => entry(s, n)));
    const query = { tenant: s.tenant, action: 'order.create', limit: 10 };
    const first = await s.stores.audit.query(query);
    await s.stores.audit.append(Array.from({ length: 5 }, (_, n) => entry(s, 100 + n)));
    const second = await s.stores.audit.query({ ...query, ...(first.next ? { before: first.next } : {}) });
    assert.deepEqual(
      second.events.map(({ at }) => at - s.t0),
      [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
    );
  },

  'successful refreshes younger than asked for are left out, refused and older ones are not': async (harness) => {
    const s = await makeScene(harness);
    const refresh = { action: 'user.refresh' };
    const rows = [
      entry(s, 1_000, refresh),
      entry(s, 1_001, refresh),
      entry(s, 2_000, { ...refresh, outcome: 'failure' }),
      entry(s, 2_000),
    ];
    await s.stores.audit.append(rows);
    const ids = async (hideRefreshesMs: number, at: number): Promise<number[]> =>
      (await auditTrail(s, { hideRefreshesMs, ...s.time(at) }))
        .map(({ id }) => rows.findIndex((row) => row.id === id))
        .sort((a, b) => a - b);
    assert.deepEqual(await ids(10_000, 2_000), [2, 3]);
    assert.deepEqual(await ids(10_000, 11_000), [0, 2, 3], 'exactly that old is not younger');
    assert.deepEqual(await ids(10_000, 11_001), [0, 1, 2, 3]);
    assert.deepEqual(await ids(0, 2_000), [0, 1, 2, 3]);
  },

  'pages are full though refreshes are left out': async (harness) => {
    const s = await makeScene(harness);
    const rows = Array.from({ length: 40 }, (_, n) => entry(s, n, n % 2 === 0 ? { action: 'user.refresh' } : {}));
    await s.stores.audit.append(rows);
    const query = { tenant: s.tenant, limit: 15, hideRefreshesMs: 60_000, now: s.t0 + 100 };
    const first = await s.stores.audit.query(query);
    assert.equal(first.events.length, 15);
    const rest = await s.stores.audit.query({ ...query, ...(first.next ? { before: first.next } : {}) });
    assert.deepEqual([rest.events.length, rest.next], [5, null]);
  },
});
