import { createMigrations, postgresStores } from '@castellan/store-postgres';
import { type ConformanceCase, type StoreHarness, type StoreSet, sessionStoreCases } from '@castellan/testkit';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../support/own-database.ts';
import { checkThenWrite } from './faulty/check-then-write.ts';
import { flaws } from './faulty/flaws.ts';
import { rewritingPool } from './faulty/rewriting-pool.ts';

let database: OwnDatabase;
let admin: pg.Pool;

beforeAll(async () => {
  database = await ownDatabase(inject('postgresUrl'));
  admin = database.pool();
  await createMigrations(admin).up();
});
afterAll(() => database.drop());

/** The single statement: the batch has a lock of its own. */
function soundStores(pool: pg.Pool): StoreSet {
  return postgresStores(pool, { batching: 'single' });
}

function harnessOf(storesOf: (pool: pg.Pool) => StoreSet): StoreHarness {
  const instance = (): StoreSet => storesOf(database.pool());
  return { instances: [instance(), instance(), instance()], holdSession };
}

async function holdSession(id: string): Promise<() => Promise<void>> {
  const client = await admin.connect();
  await client.query('begin');
  await client.query('select 1 from castellan.session where id = $1 for no key update', [id]);
  return async () => {
    await client.query('rollback');
    client.release();
  };
}

function caseNamed(name: string): ConformanceCase<StoreHarness> {
  const found = sessionStoreCases.find((c) => c.name === name);
  if (!found) throw new TypeError(`there is no case named ${JSON.stringify(name)}`);
  return found;
}

const faulty = [
  ...flaws.map(({ flaw, rewriting, caughtBy }) => ({
    flaw,
    caughtBy,
    storesOf: (pool: pg.Pool): StoreSet => soundStores(rewritingPool(pool, rewriting)),
  })),
  {
    flaw: 'a refresh that checks first and writes then',
    caughtBy: 'refresh: of 20 racers with one token exactly one rotates, and all others get its successor',
    storesOf: (pool: pg.Pool): StoreSet => {
      const stores = soundStores(pool);
      return { ...stores, sessions: checkThenWrite(pool, stores.sessions) };
    },
  },
];

describe.each(faulty)('$flaw', ({ caughtBy, storesOf }) => {
  test(`is caught by "${caughtBy}" in 10 of 10 runs`, async () => {
    const harness = harnessOf(storesOf);
    for (let run = 1; run <= 10; run++)
      await expect(caseNamed(caughtBy).run(harness), `run ${run}`).rejects.toMatchObject({ name: 'AssertionError' });
  });

  test('is no flaw of the sound store', async () => {
    await caseNamed(caughtBy).run({ ...harnessOf(soundStores), rounds: 20 });
  });
});
