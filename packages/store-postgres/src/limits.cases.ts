import { type LimitHarness, limitStoreCases, skewDate } from '@castellan/testkit';
import type pg from 'pg';
import { afterAll, beforeAll, describe, inject, test } from 'vitest';
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
  });
}
