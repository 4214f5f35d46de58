import { type Statement, statement } from '../driver/statement.ts';

/** How large the table is, and where in its hour the database's clock is, from 0 to 1. */
export function limitSizeStatement(s: string): Statement {
  return statement(`select pg_relation_size('${s.replaceAll("'", "''")}.rate_limit') / current_setting('block_size')::int as blocks,
  (extract(epoch from clock_timestamp())::bigint % 3600) / 3600::float8 as hour`);
}

/** A row of {@link limitSizeStatement}. */
export interface LimitSizeRow {
  readonly blocks: unknown;
  readonly hour: unknown;
}

/**
 * Deletes what is long over between two places of the table, past rows that others hold. By place, because `expires_at`
 * has no index: it changes with every check, and an index on it would cost each of them more than all sweeping does.
 */
export function limitSweepStatement(s: string): Statement {
  return statement(`delete from ${s}.rate_limit where ctid = any (array(
  select ctid from ${s}.rate_limit
  where ctid >= $1::tid and ctid < $2::tid and expires_at < clock_timestamp() - interval '1 hour'
  for update skip locked))`);
}
