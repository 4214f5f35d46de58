import { randomUUID } from 'node:crypto';
import type { LimitAnswer, LimitBucket, LimitRule } from '@castellan/core/limits';
import { type LimitHarness, limitStoreCases, skewDate } from '@castellan/testkit';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../../../tests/support/own-database.ts';
import type { GroupMode } from './driver/group-commit.ts';
import { createMigrations } from './migrations/create-migrations.ts';
import { openPglite, type PgliteHandle } from './pglite/open-pglite.ts';
import { postgresLimitStore } from './postgres-limit-store.ts';
import { limitKey } from './sql/limit-buckets.ts';

/** Of the racing cases, and of the compared sequences; fewer for a quick look. */
const rounds = Number(process.env['TEST_RACING_ROUNDS'] ?? 20);
const sequences = Number(process.env['TEST_SEQUENCES'] ?? 10_000);

type Query = (text: string, values: unknown[]) => Promise<{ rows: unknown[] }>;

function keepsIn(query: Query): NonNullable<LimitHarness['keeps']> {
  return async (bucket) => {
    const found = await query('select 1 from castellan.rate_limit where key = $1 and cardinality(slots) > 7', [
      limitKey(bucket.key),
    ]);
    return found.rows.length > 0;
  };
}

/** A multiple of every window below. */
const BEGIN_US = 1_780_000_000_000_000;
const shortRules: readonly LimitRule[] = [
  { kind: 'rate', intervalUs: 1000, burst: 10 },
  { kind: 'window', limit: 10, windowUs: 16_000 },
  { kind: 'quota', limit: 10, windowUs: 10_000 },
];

/** What waited for the row's lock decides by a clock that it read before the row was charged. */
function olderClockTests(harness: () => LimitHarness): void {
  // a store of its own for each: which budgets it refused lately plays no part
  const ask = async (bucket: LimitBucket, atMs: number, times: number): Promise<LimitAnswer | undefined> =>
    (
      await harness()
        .timed(() => BEGIN_US + atMs * 1000)
        .consume([{ buckets: [bucket], times }])
    )[0];
  const bucketOf = (rule: LimitRule): LimitBucket => ({ key: randomUUID(), partition: 'p', rule, cost: 1 });

  test.each(shortRules)('an older clock gives nothing back: $kind', async (rule) => {
    const bucket = bucketOf(rule);
    let granted = (await ask(bucket, 100, 10))?.granted ?? 0;
    for (let i = 1; i <= 9; i++) {
      granted += (await ask(bucket, 100 + i / 10 - 50, 1))?.granted ?? 0;
      granted += (await ask(bucket, 100 + i / 10, 10))?.granted ?? 0;
    }
    expect(granted).toBe(10);
  });

  test.each(shortRules)('what an older clock was granted can be given back: $kind', async (rule) => {
    const bucket = bucketOf(rule);
    await ask(bucket, 100, 6);
    const late = await ask(bucket, 98, 4);
    expect(late?.granted).toBe(4);
    const back = { buckets: [bucket], times: 4, at: late?.at ?? 0 };
    await harness()
      .timed(() => BEGIN_US + 100_100)
      .giveBack([back]);
    expect((await ask(bucket, 100.2, 10))?.granted).toBe(4);
  });

  test.each(shortRules)('a clock that was set back by more than a minute counts on: $kind', async (rule) => {
    const bucket = bucketOf(rule);
    await ask(bucket, 100_000, 10);
    await ask(bucket, 30_000, 1);
    expect((await ask(bucket, 30_100, 10))?.granted).toBe(10);
  });
}

/** Every rule of the limit port on a real server. Each way of gathering is a test file of its own: they run side by side. */
export function postgresLimitConformance(batching: GroupMode): void {
  describe(`PostgreSQL, ${batching}`, () => {
    let database: OwnDatabase;
    let harness: LimitHarness;
    beforeAll(async () => {
      database = await ownDatabase(inject('postgresUrl'));
      const pool = (): pg.Pool => database.pool({ max: 4 });
      const first = pool();
      await createMigrations(first).up();
      const options = { batching, deadline: '20s' } as const;
      harness = {
        instances: [
          postgresLimitStore(first, options),
          postgresLimitStore(pool(), options),
          postgresLimitStore(pool(), options),
        ],
        timed: (now) => postgresLimitStore(first, { ...options, now }),
        skewAppClock: skewDate,
        keeps: keepsIn((text, values) => first.query(text, values)),
        rounds,
        sequences: batching === 'auto' ? sequences : sequences / 10,
      };
    });
    afterAll(() => database.drop());
    for (const c of limitStoreCases) test(c.name, () => c.run(harness));
    olderClockTests(() => harness);
  });
}

/** Every rule of the limit port on one connection. */
export function pgliteLimitConformance(): void {
  describe('PGlite', () => {
    let pglite: PgliteHandle;
    let harness: LimitHarness;
    beforeAll(async () => {
      pglite = await openPglite();
      await createMigrations(pglite).up();
      const store = postgresLimitStore(pglite, { deadline: '20s' });
      harness = {
        instances: [store, store, store],
        timed: (now) => postgresLimitStore(pglite, { deadline: '20s', now }),
        rounds: Math.min(rounds, 5),
        sequences: Math.min(sequences, 500),
      };
    });
    afterAll(() => pglite.close());
    for (const c of limitStoreCases) test(c.name, () => c.run(harness));
    olderClockTests(() => harness);
  });
}
