import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noOrigin } from '../kernel/index.ts';
import type { AuditEntry, AuditPosition, AuditQuery } from './audit-store.ts';
import { memoryAuditStore } from './memory-audit-store.ts';

const entry = (id: string, change: Partial<AuditEntry> = {}): AuditEntry => ({
  id,
  at: 1_000,
  tenant: 't',
  actor: 'alice',
  action: 'user.login',
  targetKind: 'subject',
  target: 'alice',
  outcome: 'success',
  origin: noOrigin,
  meta: null,
  ...change,
});
async function idsOf(store: ReturnType<typeof memoryAuditStore>, query: Partial<AuditQuery> = {}): Promise<string[]> {
  return (await store.query({ tenant: 't', limit: 100, ...query })).events.map(({ id }) => id);
}

describe('the audit trail in memory', () => {
  test('is told newest first, and by id within a millisecond, in whatever order it was written', async () => {
    const written = fc.uniqueArray(
      fc.record({ at: fc.integer({ min: 0, max: 5 }), id: fc.string({ minLength: 1, maxLength: 3 }) }),
      { selector: ({ at, id }) => `${id}@${at}` },
    );
    await fc.assert(
      fc.asyncProperty(written, async (places) => {
        const store = memoryAuditStore();
        await store.append(places.map(({ at, id }) => entry(id, { at })));
        const { events } = await store.query({ tenant: 't', limit: 1_000 });
        const newestFirst = places.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
        expect(events.map(({ at, id }) => ({ at, id }))).toEqual(newestFirst);
      }),
    );
  });

  test('pages by the position of the last row, and no row is told twice or left out', async () => {
    const store = memoryAuditStore();
    for (let i = 0; i < 25; i++) store.write(entry(`id-${String(i).padStart(2, '0')}`, { at: 1_000 + (i >> 2) }));
    const told: string[] = [];
    let before: AuditPosition | null = null;
    do {
      const page = await store.query({ tenant: 't', limit: 10, ...(before && { before }) });
      told.push(...page.events.map(({ id }) => id));
      before = page.next;
    } while (before);
    expect(told).toEqual(await idsOf(store));
    expect(told).toHaveLength(25);
  });

  test('the last page has no next, also when it is full', async () => {
    const store = memoryAuditStore();
    for (let i = 0; i < 10; i++) store.write(entry(`id-${i}`));
    expect((await store.query({ tenant: 't', limit: 10 })).next).toBeNull();
    expect((await store.query({ tenant: 't', limit: 9 })).next).toEqual({ at: 1_000, id: 'id-1' });
  });

  test('the same entry appended twice is one row', async () => {
    const store = memoryAuditStore();
    await store.append([entry('a'), entry('b')]);
    await store.append([entry('b'), entry('c')]);
    expect(await idsOf(store)).toEqual(['c', 'b', 'a']);
  });

  test('filters are joined by and; a tenant sees nothing of another', async () => {
    const store = memoryAuditStore();
    store.write(entry('a'));
    store.write(entry('b', { actor: 'bob' }));
    store.write(entry('c', { outcome: 'failure' }));
    store.write(entry('d', { action: 'user.logout', target: 's1' }));
    store.write(entry('e', { tenant: 'other' }));
    store.write(entry('f', { at: 2_000 }));
    expect(await idsOf(store, { actor: 'bob' })).toEqual(['b']);
    expect(await idsOf(store, { outcome: 'failure' })).toEqual(['c']);
    expect(await idsOf(store, { action: 'user.logout', target: 's1' })).toEqual(['d']);
    expect(await idsOf(store, { action: 'user.logout', target: 'alice' })).toEqual([]);
    expect(await idsOf(store, { tenant: 'other' })).toEqual(['e']);
    expect(await idsOf(store, { from: 2_000 })).toEqual(['f']);
    expect(await idsOf(store, { to: 2_000, actor: 'bob' })).toEqual(['b']);
  });

  test('hides young refreshes that succeeded, and nothing else', async () => {
    const store = memoryAuditStore({ clock: () => 10_000 });
    store.write(entry('old', { at: 5_000, action: 'user.refresh' }));
    store.write(entry('young', { at: 5_001, action: 'user.refresh' }));
    store.write(entry('refused', { at: 9_000, action: 'user.refresh', outcome: 'failure' }));
    store.write(entry('login', { at: 9_500 }));
    expect(await idsOf(store, { hideRefreshesMs: 5_000 })).toEqual(['login', 'refused', 'old']);
    expect(await idsOf(store, { hideRefreshesMs: 5_000, now: 10_001 })).toEqual(['login', 'refused', 'young', 'old']);
  });

  test('takes the time of its clock where an entry brings none', async () => {
    const store = memoryAuditStore({ clock: () => 77 });
    const { at: _, ...timeless } = entry('a');
    store.write(timeless);
    expect((await store.query({ tenant: 't', limit: 1 })).events[0]?.at).toBe(77);
  });

  test('keeps what was written, whatever the writer or a reader does to it afterwards', async () => {
    const store = memoryAuditStore();
    const mine = entry('a', { meta: { result: 'rotate' }, origin: { ...noOrigin, ip: '192.0.2.1' } });
    store.write(mine);
    const copy = structuredClone(mine);
    Object.assign(mine.meta ?? {}, { result: 'changed' });
    const first = (await store.query({ tenant: 't', limit: 1 })).events[0];
    expect(first).toEqual(copy);
    Object.assign(first?.origin ?? {}, { ip: 'changed' });
    expect((await store.query({ tenant: 't', limit: 1 })).events[0]).toEqual(copy);
  });
});
