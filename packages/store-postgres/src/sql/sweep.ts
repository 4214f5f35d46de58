import { type Statement, statement } from '../driver/statement.ts';

/** Rows that one sweep takes: short enough that nothing waits for it. */
export const SWEEP_ROWS = 1000;

/** What is swept by its index (limits: `limit-sweep.ts`), and how long after its end a row stays, so that a late caller still hears why. */
const SWEPT = [
  { table: 'session', stays: '7 days' },
  { table: 'revocation', stays: '1 hour' },
  { table: 'one_time_token', stays: '1 day' },
  { table: 'idempotency_key', stays: '1 hour' },
] as const;

/** Statements that each delete up to {@link SWEEP_ROWS} rows, past those that others hold, and answer their count. */
export function sweepStatements(s: string): readonly Statement[] {
  return SWEPT.map(({ table, stays }) =>
    statement(`with gone as (
  delete from ${s}.${table} where ctid = any (array(
    select ctid from ${s}.${table} where expires_at < clock_timestamp() - interval '${stays}'
    order by expires_at limit ${SWEEP_ROWS} for update skip locked))
  returning 1
)
select count(*) as rows from gone`),
  );
}
