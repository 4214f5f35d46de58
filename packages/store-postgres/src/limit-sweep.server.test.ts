import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../../../tests/support/own-database.ts';
import { driverOf } from './driver/driver-of.ts';
import { limitSweep } from './limit-sweep.ts';
import { createMigrations } from './migrations/create-migrations.ts';
import { limitSweepStatement } from './sql/limit-sweep.ts';
import { quotedSchema } from './sql/quoted-schema.ts';

const HOUR_MS = 3_600_000;
const s = quotedSchema('castellan');
let database: OwnDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await ownDatabase(inject('postgresUrl'));
  pool = database.pool();
  await createMigrations(pool).up();
});
afterAll(() => database.drop());
beforeEach(async () => {
  await pool.query('truncate castellan.rate_limit');
  await pool.query(
    `insert into castellan.rate_limit (key, slots, expires_at)
     select decode(md5(i::text), 'hex'), array[0, 3750000, 60, 1, 1, 1, 0, i, 1], now() - case i % 3 when 0 then interval '2 hours' when 1 then interval '10 minutes' else interval '-1 minute' end
     from generate_series(1, 12000) i`,
  );
});

const left = async (): Promise<number> =>
  (await pool.query<{ n: number }>('select count(*)::int as n from castellan.rate_limit')).rows[0]?.n ?? 0;

test('what is long over goes, what lives or is just over stays', async () => {
  const round = limitSweep(driverOf(pool), s, HOUR_MS);
  // from the hour's place to the end, then from the beginning
  await round();
  await round();
  const { rows } = await pool.query(
    `select count(*)::int as long_over from castellan.rate_limit where expires_at < now() - interval '1 hour'`,
  );
  expect(rows).toEqual([{ long_over: 0 }]);
  expect(await left()).toBe(8000);
});

test('rounds of a minute pass the whole table within an hour, wherever they begin', async () => {
  const round = limitSweep(driverOf(pool), s, 60_000);
  await round();
  expect(await left()).toBeGreaterThan(8000);
  for (let minute = 1; minute <= 60; minute++) await round();
  expect(await left()).toBe(8000);
});

test('sweepers pass each other by', async () => {
  await Promise.all(
    [1, 2, 3].map(async () => {
      const round = limitSweep(driverOf(pool), s, HOUR_MS);
      await round();
      await round();
    }),
  );
  expect(await left()).toBe(8000);
});

test('a statement reads its part of the table and nothing else', async () => {
  const client = await pool.connect();
  await client.query('set plan_cache_mode = force_generic_plan');
  await client.query(`prepare swept as ${limitSweepStatement(s).text}`);
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain execute swept ('(0,0)', '(64,0)')`);
  client.release(true);
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).toContain('Tid Range Scan');
  expect(plan).not.toContain('Seq Scan');
});
