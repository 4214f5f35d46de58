import { randomUUID } from 'node:crypto';
import type { LimitBucket, LimitRule } from '@castellan/core/limits';
import type pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../../../tests/support/own-database.ts';
import { createMigrations } from './migrations/create-migrations.ts';
import { postgresLimitStore } from './postgres-limit-store.ts';
import { limitKey } from './sql/limit-buckets.ts';

const WINDOW_US = 300_000;
const quota: LimitRule = { kind: 'quota', limit: 1, windowUs: WINDOW_US };
const rate: LimitRule = { kind: 'rate', burst: 2, intervalUs: WINDOW_US / 2 };
let database: OwnDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await ownDatabase(inject('postgresUrl'));
  pool = database.pool();
  await createMigrations(pool).up();
});
afterAll(() => database.drop());

/** A store of its own: it has refused nobody yet, so it looks at nothing before it locks. */
const store = () => postgresLimitStore(pool, { deadline: '20s' });
/** Two budgets, in the order in which their rows are locked. */
function bucketsOf(rule: LimitRule): readonly [LimitBucket, LimitBucket] {
  const id = randomUUID();
  return [
    { key: `a${id}`, partition: 'p', rule, cost: 1 },
    { key: `b${id}`, partition: 'p', rule, cost: 1 },
  ];
}
async function fill(buckets: readonly LimitBucket[], times: number): Promise<number> {
  const [answer] = await store().consume([{ buckets, times }]);
  expect(answer?.granted).toBe(times);
  return answer?.at ?? 0;
}
/** Until the database says so. */
async function until(text: string): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ so: boolean }>(`select (${text}) as so`);
    if (rows[0]?.so) return;
  }
}

/** Carries out `ask` while the second budget's row is held, from before `endUs` until after it. */
async function whileSecondIsHeld<T>(second: LimitBucket, endUs: number, ask: () => Promise<T>): Promise<T> {
  const holder = await pool.connect();
  try {
    await holder.query('begin');
    await holder.query('select from castellan.rate_limit where key = $1 for update', [limitKey(second.key)]);
    const asked = ask();
    await until(
      `exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%rate_limit%')`,
    );
    await until(`extract(epoch from clock_timestamp()) * 1000000 > ${endUs}`);
    await holder.query('commit');
    return await asked;
  } finally {
    holder.release();
  }
}

test('a check of several budgets decides by the time after the last lock, not after the first', async () => {
  const buckets = bucketsOf(quota);
  const at = await fill(buckets, 1);
  const endUs = (Math.floor(at / WINDOW_US) + 1) * WINDOW_US;
  const [answer] = await whileSecondIsHeld(buckets[1], endUs, async () => store().consume([{ buckets, times: 1 }]));
  expect(answer?.at).toBeGreaterThan(endUs);
  expect(answer?.granted).toBe(1);
});

test('what is given back to several budgets is counted by the time after the last lock', async () => {
  const buckets = bucketsOf(rate);
  const at = await fill(buckets, 2);
  // by then all is back by itself, and nothing is kept
  const endUs = at + WINDOW_US;
  await whileSecondIsHeld(buckets[1], endUs, async () => store().giveBack([{ buckets, times: 1, at }]));
  const { rows } = await pool.query(
    'select from castellan.rate_limit where key = any ($1) and cardinality(slots) > 7',
    [buckets.map(({ key }) => limitKey(key))],
  );
  expect(rows).toHaveLength(0);
});
