import type { MigrationState } from './pending-migrations.ts';

/** How long a step waits for a table that the running version uses, before the deployment fails rather than the traffic. */
const LOCK_TIMEOUT = '5s';
/** How long a deployment waits for another one. */
const TURN_TIMEOUT = '60s';

/**
 * What begins the transaction: one deployment at a time for each schema. The lock is the transaction's, so that it ends
 * with it also behind a pooler, where a session's lock stays with a connection that somebody else gets next.
 *
 * @param s the quoted schema
 */
export function turnStatements(s: string): readonly string[] {
  return [
    `set local statement_timeout = 0`,
    `set local idle_in_transaction_session_timeout = 0`,
    `set local lock_timeout = '${TURN_TIMEOUT}'`,
    `select pg_advisory_xact_lock(hashtextextended(${literal(`castellan:migrate:${s}`)}, 0))`,
    `set local lock_timeout = '${LOCK_TIMEOUT}'`,
  ];
}

/** What brings a database from its state to the newest; nothing when it is there. */
export function pendingStatements(s: string, state: MigrationState): readonly string[] {
  if (state.pending.length === 0) return [];
  return [
    // asked for rather than "if not exists", which needs the right to make schemas even where there is nothing to make
    ...(state.hasSchema ? [] : [`create schema ${s}`]),
    ...(state.hasTable
      ? []
      : [
          `create table ${s}.migration (name text primary key, applied_at timestamptz(3) not null default clock_timestamp())`,
        ]),
    ...state.pending.flatMap(({ name, statements }) => [
      ...statements(s),
      `insert into ${s}.migration (name) values (${literal(name)})`,
    ]),
  ];
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
