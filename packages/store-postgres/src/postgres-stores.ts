import type { StoreService } from '@castellan/core';
import type { AccountStore } from '@castellan/core/accounts';
import type { AuditStore } from '@castellan/core/audit';
import { monotonicClock } from '@castellan/core/kernel';
import type { RevocationStore } from '@castellan/core/revocation';
import type { SessionStore, SubjectStore } from '@castellan/core/sessions';
import type { Transaction } from 'kysely';
import { accountStore } from './account-store.ts';
import { auditStore } from './audit-store.ts';
import { driverOf, type PostgresClient } from './driver/driver-of.ts';
import type { GroupMode } from './driver/group-commit.ts';
import { postgresService } from './postgres-service.ts';
import { revocationStore } from './revocation-store.ts';
import { sessionStore } from './session-store.ts';
import { DEFAULT_SCHEMA, quotedSchema } from './sql/quoted-schema.ts';
import { subjectStore } from './subject-store.ts';

/** How the stores work. */
export interface PostgresOptions {
  /** The PostgreSQL schema that holds the tables. Default `castellan`. */
  readonly schema?: string;
  /** Whether statements are named, so that a connection plans them once. `false` for poolers that lose names. Default true; `pg.Pool` only. */
  readonly preparedStatements?: boolean;
  /**
   * Whether calls of one verb that come while others are under way fly together. `auto` (default) asks a lonely call at
   * once with the plain statement; `single` and `batch` force one of the two, for tests.
   */
  readonly batching?: GroupMode;
  /** Whether this process cleans up and makes audit partitions ahead. Default true. */
  readonly housekeeping?: boolean;
  /** Told about what the housekeeping could not do. Default `process.emitWarning`. */
  readonly warn?: (message: string) => void;
}

/**
 * Every port on one database.
 * @typeParam DB the app's own tables, as Kysely knows them: `onAccountCreated` is given a `Transaction<DB>`
 */
export interface PostgresStores<DB = unknown> {
  readonly sessions: SessionStore;
  readonly subjects: SubjectStore;
  readonly accounts: AccountStore<Transaction<DB>>;
  readonly revocations: RevocationStore;
  readonly audit: AuditStore;
  /** Checks the server and the schema's version at start, and keeps house. */
  readonly postgres: StoreService;
}

/**
 * The stores over the caller's own client, which stays the caller's: it is never ended here.
 *
 * - `pg.Pool`: named statements, group commit, watchdog, retry by fault.
 * - `Kysely`: the same verbs and answers; unnamed, and without a watchdog, for Kysely hides its clients.
 * - a Kysely `Transaction`: single statements inside it; what they write stands when the caller commits.
 * - a PGlite handle of `openPglite`.
 *
 * @throws TypeError for another client, or a schema that PostgreSQL could not have
 */
export function postgresStores<DB = unknown>(
  client: PostgresClient<DB>,
  options: PostgresOptions = {},
): PostgresStores<DB> {
  const { schema = DEFAULT_SCHEMA, preparedStatements = true, batching: mode = 'auto' } = options;
  const s = quotedSchema(schema);
  const driver = driverOf(client, { preparedStatements });
  const gathering = { mode, maxFlights: driver.maxFlights, clock: monotonicClock };
  return {
    sessions: sessionStore(driver, s, gathering),
    subjects: subjectStore(driver, s),
    accounts: accountStore(driver, s),
    revocations: revocationStore(driver, s),
    audit: auditStore(driver, s, gathering),
    postgres: postgresService(driver, schema, options),
  };
}
