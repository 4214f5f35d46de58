import {
  accountStoreCases,
  auditStoreCases,
  revocationStoreCases,
  type StoreHarness,
  sessionStoreCases,
  skewDate,
  subjectStoreCases,
} from '@castellan/testkit';
import type pg from 'pg';
import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../../../tests/support/own-database.ts';
import { createMigrations } from './migrations/create-migrations.ts';
import { openPglite, type PgliteHandle } from './pglite/open-pglite.ts';
import { postgresStores } from './postgres-stores.ts';

const suites = [
  ['sessions', sessionStoreCases],
  ['subjects', subjectStoreCases],
  ['accounts', accountStoreCases],
  ['audit', auditStoreCases],
  ['revocations', revocationStoreCases],
] as const;

/** Holds a session's row in a transaction of its own. */
async function holdSession(pool: pg.Pool, id: string): Promise<() => Promise<void>> {
  const client = await pool.connect();
  await client.query('begin');
  await client.query('select 1 from castellan.session where id = $1 for no key update', [id]);
  return async () => {
    await client.query('rollback');
    client.release();
  };
}

/** Of the racing cases; fewer for a quick look. */
const rounds = Number(process.env['TEST_RACING_ROUNDS'] ?? 200);

describe.each(['single', 'batch', 'auto'] as const)('PostgreSQL, %s', (batching) => {
  let database: OwnDatabase;
  let harness: StoreHarness;

  beforeAll(async () => {
    database = await ownDatabase(inject('postgresUrl'));
    const holding = database.pool();
    await createMigrations(holding).up();
    const instance = () => postgresStores(database.pool(), { batching });
    harness = {
      instances: [instance(), instance(), instance()],
      holdSession: (id) => holdSession(holding, id),
      skewAppClock: skewDate,
      rounds,
    };
  });
  afterAll(() => database.drop());

  for (const [name, cases] of suites)
    describe(name, () => {
      for (const c of cases) test(c.name, () => c.run(harness));
    });
});

describe('PGlite', () => {
  let pglite: PgliteHandle;
  let harness: StoreHarness;

  beforeAll(async () => {
    pglite = await openPglite();
    await createMigrations(pglite).up();
    const instance = () => postgresStores(pglite);
    // one connection and one clock: no row can be held beside it, nothing be skewed; few rounds show what many would
    harness = {
      instances: [instance(), instance(), instance()],
      rounds: Math.min(rounds, 20),
    };
  });
  afterAll(() => pglite.close());

  for (const [name, cases] of suites)
    describe(name, () => {
      for (const c of cases) test(c.name, () => c.run(harness));
    });
});
