import type { Stores } from '@castellan/core';
import type { AccountStore } from '@castellan/core/accounts';
import type { Kysely, Transaction } from 'kysely';
import type pg from 'pg';
import { expectTypeOf, test } from 'vitest';
import type { PgliteHandle } from './pglite/open-pglite.ts';
import { type PostgresStores, postgresStores } from './postgres-stores.ts';

interface App {
  project: { id: string };
}

test('the app’s tables reach onAccountCreated, from each form of client', () => {
  const pool = {} as pg.Pool;
  const kysely = {} as Kysely<App>;
  const transaction = {} as Transaction<App>;
  const pglite = {} as PgliteHandle;
  expectTypeOf(() => postgresStores<App>(pool)).returns.toEqualTypeOf<PostgresStores<App>>();
  expectTypeOf(() => postgresStores(kysely).accounts).returns.toEqualTypeOf<AccountStore<Transaction<App>>>();
  expectTypeOf(() => postgresStores(transaction).accounts).returns.toEqualTypeOf<AccountStore<Transaction<App>>>();
  expectTypeOf(() => postgresStores<App>(pglite).accounts).returns.toEqualTypeOf<AccountStore<Transaction<App>>>();
});

test('the stores are the core’s ports', () => {
  expectTypeOf<PostgresStores<App>>().toExtend<Stores<Transaction<App>>>();
});
