import { type Statement, statement } from '../driver/statement.ts';

/** Months that have a partition of their own: this one and three ahead. */
const MONTHS = 4;

/**
 * The months' partitions that are missing, with the bounds of each. A month is one of UTC.
 *
 * `$1` is the quoted schema.
 */
export const missingPartitions: Statement =
  statement(`select x.name, x.first::text as first, (x.first + interval '1 month')::text as last
from (
  select m as first, to_char(m, '"audit_event_"YYYY_MM') as name
  from date_trunc('month', clock_timestamp() at time zone 'UTC') this, generate_series(this, this + interval '${MONTHS - 1} months', interval '1 month') m
) x
where to_regclass($1::text || '.' || x.name) is null`);

/** A row of {@link missingPartitions}. */
export interface MissingPartition {
  readonly name: unknown;
  readonly first: unknown;
  readonly last: unknown;
}

/** One process at a time makes them; `$1` is the quoted schema. */
export const partitionTurn: Statement = statement(
  `select pg_try_advisory_xact_lock(hashtextextended('castellan:partitions:' || $1::text, 0)) as mine`,
);

/**
 * Makes a month's partition. It is filled from the default partition first (rows that came before there was a janitor),
 * then attached: PostgreSQL refuses a partition whose rows lie in the default one.
 *
 * @param name `audit_event_YYYY_MM`, from the database itself
 */
export function partitionStatements(s: string, name: string, first: string, last: string): readonly string[] {
  const inMonth = `at >= '${first} UTC' and at < '${last} UTC'`;
  return [
    `create table ${s}.${name} (like ${s}.audit_event including defaults including constraints)`,
    `with moved as (delete from ${s}.audit_event_default where ${inMonth} returning *) insert into ${s}.${name} select * from moved`,
    `alter table ${s}.audit_event attach partition ${s}.${name} for values from ('${first} UTC') to ('${last} UTC')`,
  ];
}
