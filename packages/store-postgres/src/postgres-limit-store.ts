import { type Duration, durationMs, monotonicClock } from '@castellan/core/kernel';
import type { LimitStore } from '@castellan/core/limits';
import { driverOf, type PostgresClient } from './driver/driver-of.ts';
import { limitStore } from './limit-store.ts';
import type { PostgresOptions } from './postgres-stores.ts';
import { DEFAULT_SCHEMA, quotedSchema } from './sql/quoted-schema.ts';

/** What {@link postgresLimitStore} takes. */
export interface PostgresLimitOptions extends Pick<PostgresOptions, 'schema' | 'preparedStatements' | 'batching'> {
  /** How long a call may take, waiting for a connection included. Default `1s`. */
  readonly deadline?: Duration;
  /** For tests: the time in whole microseconds, in place of the database's. */
  readonly now?: () => number;
}

/**
 * Counts in PostgreSQL, in an unlogged table and by the database's clock: exact for all processes that share it; after a
 * crash of the server it begins anew. For who has no Redis; `postgresStores` leaves it out, so it is given by name:
 * `stores: { ...postgresStores(pool), limits: postgresLimitStore(pool) }`.
 *
 * @throws TypeError for another client, a schema that PostgreSQL could not have, or a deadline that is none
 */
export function postgresLimitStore<DB = unknown>(
  client: PostgresClient<DB>,
  options: PostgresLimitOptions = {},
): LimitStore {
  const { schema = DEFAULT_SCHEMA, preparedStatements = true, batching: mode = 'auto', deadline = '1s', now } = options;
  const deadlineMs = durationMs(deadline, 'deadline');
  if (deadlineMs === 0) throw new TypeError("deadline must be longer than '0ms'");
  const driver = driverOf(client, { preparedStatements });
  const { maxFlights } = driver;
  return limitStore(driver, quotedSchema(schema), { mode, maxFlights, clock: monotonicClock, deadlineMs, now });
}
