/**
 * Castellan's stores on PostgreSQL and PGlite.
 * @packageDocumentation
 */
export type { PostgresClient } from './driver/driver-of.ts';
export type { GroupMode } from './driver/group-commit.ts';
export type { PgliteLike, PgliteQueries } from './driver/pglite-like.ts';
export type { PoolAnswer, PoolClientLike, PoolLike, PoolQuery } from './driver/pool-like.ts';
export {
  createMigrations,
  type MigrationCheck,
  type MigrationOptions,
  type Migrations,
} from './migrations/create-migrations.ts';
export { type PostgresLimitOptions, postgresLimitStore } from './postgres-limit-store.ts';
export { type PostgresOptions, type PostgresStores, postgresStores } from './postgres-stores.ts';
