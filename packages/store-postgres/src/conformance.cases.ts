import {
  accountStoreCases,
  auditStoreCases,
  revocationStoreCases,
  type StoreAlterations,
  type StoreHarness,
  sessionStoreCases,
  skewDate,
  subjectStoreCases,
} from '@castellan/testkit';
import type pg from 'pg';
import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../../../tests/support/own-database.ts';
import type { GroupMode } from './driver/group-commit.ts';
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

/** What no verb does. */
function alterations(db: { query(text: string, values: unknown[]): Promise<unknown> }): StoreAlterations {
  return {
    async bindKey(sessionId, jkt) {
      await db.query('update castellan.session set pop_jkt = $2 where id = $1', [sessionId, jkt]);
    },
    async disableQuietly(tenant, subject) {
      await db.query('update castellan.subject set disabled_at = now() where tenant = $1 and id = $2', [
        tenant,
        subject,
      ]);
    },
  };
}

/** Of the racing cases; fewer for a quick look. */
const rounds = Number(process.env['TEST_RACING_ROUNDS'] ?? 200);

/** Every rule of the ports on a real server. Each way of gathering is a test file of its own: they run side by side. */
export function postgresConformance(batching: GroupMode): void {
  describe(`PostgreSQL, ${batching}`, () => {
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
        alter: alterations(holding),
        rounds,
      };
    });
    afterAll(() => database.drop());

    for (const [name, cases] of suites)
      describe(name, () => {
        for (const c of cases) test(c.name, () => c.run(harness));
      });
  });
}

/** Every rule of the ports that one connection can keep. */
export function pgliteConformance(): void {
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
        alter: alterations(pglite),
      };
    });
    afterAll(() => pglite.close());

    for (const [name, cases] of suites)
      describe(name, () => {
        for (const c of cases) test(c.name, () => c.run(harness));
      });
  });
}
