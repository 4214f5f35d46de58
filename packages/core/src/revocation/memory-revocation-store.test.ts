import { describe, expect, test } from 'vitest';
import { memoryRevocationStore } from './memory-revocation-store.ts';
import { REVOCATION_LIFE_MS } from './revocation-life.ts';
import type { Revocation } from './revocation-store.ts';

const START = Date.UTC(2026, 0, 5, 12);
const entry = (key: string, change: Partial<Revocation> = {}): Revocation => ({
  tenant: 't',
  kind: 'session',
  key,
  epoch: null,
  expiresAt: START + REVOCATION_LIFE_MS,
  ...change,
});
const question = { tenant: 't', subject: 'alice', sessionId: 's', jti: 'j' };

describe('the revocation feed in memory', () => {
  test('the first poll seeds with all that live, the next bring the news only', async () => {
    const store = memoryRevocationStore({ clock: () => START });
    store.write(entry('over', { expiresAt: START }));
    store.write(entry('a'));
    const seed = await store.poll(null);
    expect(seed).toMatchObject({ seeded: true, now: START });
    expect(seed.entries).toEqual([entry('a')]);
    store.write(entry('b'));
    const news = await store.poll(seed.cursor);
    expect(news).toMatchObject({ seeded: false });
    expect(news.entries).toEqual([entry('b')]);
    expect((await store.poll(news.cursor)).entries).toEqual([]);
  });

  test('each of several readers gets everything, whatever the others have read', async () => {
    const store = memoryRevocationStore({ clock: () => START });
    const { cursor } = await store.poll(null);
    store.write(entry('a'));
    expect((await store.poll(cursor)).entries).toEqual([entry('a')]);
    store.write(entry('b'));
    expect((await store.poll(cursor)).entries).toEqual([entry('a'), entry('b')]);
  });

  test.each(['7', '', '-1', 'x', '1e3'])('a cursor that is not of this store (%j) seeds anew', async (cursor) => {
    const store = memoryRevocationStore({ clock: () => START });
    store.write(entry('a'));
    expect(await store.poll(cursor)).toMatchObject({ seeded: true, entries: [entry('a')] });
  });

  test('forgets what ended a whole life before the newest', async () => {
    const store = memoryRevocationStore({ clock: () => START });
    store.write(entry('old'));
    store.write(entry('mid', { expiresAt: START + REVOCATION_LIFE_MS + 1 }));
    store.write(entry('new', { expiresAt: START + 2 * REVOCATION_LIFE_MS }));
    expect((await store.poll('0')).entries.map(({ key }) => key)).toEqual(['mid', 'new']);
  });

  test('a single token is revoked by its jti, in its own tenant', async () => {
    const store = memoryRevocationStore({ clock: () => START });
    store.write(entry('j', { kind: 'jti' }));
    expect(await store.check(question)).toEqual({ outcome: 'revoked' });
    expect(await store.check({ ...question, tenant: 'other' })).toEqual({ outcome: 'unknown' });
    expect(await store.check({ ...question, jti: 'k' })).toEqual({ outcome: 'unknown' });
  });

  test('of sessions it says what their store says', async () => {
    const live = { outcome: 'live', authEpoch: 3, claimsEpoch: 1, disabled: false } as const;
    const store = memoryRevocationStore({
      truth: ({ sessionId }) => (sessionId === 's' ? live : { outcome: 'unknown' }),
    });
    expect(await store.check(question)).toEqual(live);
    expect(await store.check({ ...question, sessionId: 'x' })).toEqual({ outcome: 'unknown' });
  });

  test('keeps what was written, whatever the writer or a reader does to it afterwards', async () => {
    const store = memoryRevocationStore({ clock: () => START });
    const mine = entry('a');
    store.write(mine);
    Object.assign(mine, { key: 'changed' });
    const [told] = (await store.poll(null)).entries;
    expect(told).toEqual(entry('a'));
    Object.assign(told ?? {}, { key: 'changed' });
    expect((await store.poll(null)).entries).toEqual([entry('a')]);
  });
});
