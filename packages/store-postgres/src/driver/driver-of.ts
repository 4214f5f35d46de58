import type { Kysely, Transaction } from 'kysely';
import type { Driver } from './driver.ts';
import { kyselyDriver } from './kysely-driver.ts';
import { pgliteDriver } from './pglite-driver.ts';
import type { PgliteLike } from './pglite-like.ts';
import { type PoolDriverOptions, poolDriver } from './pool-driver.ts';
import type { PoolLike } from './pool-like.ts';
import { transactionDriver } from './transaction-driver.ts';

/** What a store may be made of: the caller's own client, told apart by what it can do. */
export type PostgresClient<DB> = PoolLike | Kysely<DB> | Transaction<DB> | PgliteLike;

/** The driver for a client. @throws TypeError for what is none of the four. */
export function driverOf<DB>(client: PostgresClient<DB>, options: PoolDriverOptions = {}): Driver<Transaction<DB>> {
  if (isTransaction<DB>(client)) return transactionDriver(client);
  if (isKysely<DB>(client)) return kyselyDriver(client, options);
  if (isPool(client)) return poolDriver(client, options);
  if (isPglite(client)) return pgliteDriver(client);
  throw new TypeError('postgresStores: expected a pg.Pool, a Kysely instance, a Kysely transaction or a PGlite handle');
}

function isKysely<DB>(client: object): client is Kysely<DB> {
  return 'isTransaction' in client && hasMethod(client, 'executeQuery');
}

function isTransaction<DB>(client: object): client is Transaction<DB> {
  return isKysely(client) && client.isTransaction;
}

function isPool(client: object): client is PoolLike {
  return 'totalCount' in client && hasMethod(client, 'connect') && hasMethod(client, 'on');
}

function isPglite(client: object): client is PgliteLike {
  return hasMethod(client, 'query') && hasMethod(client, 'transaction');
}

function hasMethod(client: object, name: string): boolean {
  return name in client && typeof (client as Record<string, unknown>)[name] === 'function';
}
