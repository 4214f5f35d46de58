import { setTimeout as sleep } from 'node:timers/promises';
import type { Revocation } from '@castellan/core/revocation';
import type pg from 'pg';
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../../../tests/support/own-database.ts';
import { createMigrations } from './migrations/create-migrations.ts';
import { postgresStores } from './postgres-stores.ts';

let database: OwnDatabase;
let pool: pg.Pool;
const insert = `insert into castellan.revocation (at, expires_at, kind, key) values (now(), now() + interval '61 minutes', 1, $1)`;
const keysOf = (entries: readonly Revocation[]): string[] => entries.map(({ key }) => key);

beforeAll(async () => {
  database = await ownDatabase(inject('postgresUrl'));
  pool = database.pool({ max: 20 });
  await createMigrations(pool).up();
});
afterAll(() => database.drop());

test('a reader misses no row of seven writers, with rollbacks, slow transactions and one that stays open', async () => {
  const { revocations } = postgresStores(pool);
  const committed = new Set<string>();
  const undone = new Set<string>();
  const seen = new Set<string>();
  let writing = true;

  // stays open all the time, with an id of its own: a reader below the horizon would see nothing
  const long = await pool.connect();
  await long.query('begin');
  await long.query(insert, ['long']);

  const writer = async (who: number): Promise<void> => {
    for (let round = 0; round < 40; round++) {
      const client = await pool.connect();
      const keys = [`${who}/${round}/a`, `${who}/${round}/b`];
      await client.query('begin');
      await client.query(insert, [keys[0]]);
      await sleep(round % 7 === 0 ? 60 : (who * round) % 5);
      await client.query(insert, [keys[1]]);
      const isUndone = (who + round) % 4 === 0;
      await client.query(isUndone ? 'rollback' : 'commit');
      for (const key of keys) (isUndone ? undone : committed).add(key);
      client.release();
    }
  };
  const reader = async (): Promise<void> => {
    let { cursor, entries } = await revocations.poll(null);
    for (;;) {
      for (const key of keysOf(entries)) seen.add(key);
      const isLast = !writing;
      ({ cursor, entries } = await revocations.poll(cursor));
      if (isLast) break;
      await sleep(3);
    }
    for (const key of keysOf(entries)) seen.add(key);
    await long.query('commit');
    for (const key of keysOf((await revocations.poll(cursor)).entries)) seen.add(key);
  };
  await Promise.all([Promise.all([1, 2, 3, 4, 5, 6, 7].map(writer)).then(() => (writing = false)), reader()]);
  long.release();

  committed.add('long');
  expect([...committed].filter((key) => !seen.has(key))).toEqual([]);
  expect([...undone].filter((key) => seen.has(key))).toEqual([]);
  expect(committed.size).toBeGreaterThan(400);
});

test('a poll after nothing has happened brings nothing that was over before the last one', async () => {
  const { revocations } = postgresStores(pool);
  await pool.query(insert, ['before']);
  // while any transaction of the server is older than the entry (other tests have some), a poll tells it once more
  await vi.waitFor(
    async () => {
      const first = await revocations.poll(null);
      expect(first).toMatchObject({ seeded: true });
      expect(keysOf(first.entries)).toContain('before');
      const second = await revocations.poll(first.cursor);
      expect(second).toMatchObject({ seeded: false, entries: [] });
      expect(Math.abs((second.now ?? 0) - Date.now())).toBeLessThan(5000);
    },
    { timeout: 20_000, interval: 20 },
  );
});

test('a server that went back in time, or is another one, seeds the reader anew', async () => {
  const { revocations } = postgresStores(pool);
  await pool.query(insert, ['known']);
  const { cursor } = await revocations.poll(null);
  const [horizon, life] = cursor.split('@');
  for (const other of [`${BigInt(horizon ?? '') + 1_000_000n}@${life}`, `${horizon}@1.5`, 'nonsense', '1']) {
    const batch = await revocations.poll(other);
    expect(batch.seeded).toBe(true);
    expect(keysOf(batch.entries)).toContain('known');
  }
});

test('a seed leaves out what is over, a poll tells it: news are news', async () => {
  const { revocations } = postgresStores(pool);
  const { cursor } = await revocations.poll(null);
  await pool.query(
    `insert into castellan.revocation (at, expires_at, kind, key) values (now() - interval '2 hours', now() - interval '1 hour', 1, 'over')`,
  );
  expect(keysOf((await revocations.poll(null)).entries)).not.toContain('over');
  expect(keysOf((await revocations.poll(cursor)).entries)).toContain('over');
});
