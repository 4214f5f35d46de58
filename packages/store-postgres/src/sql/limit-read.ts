import { type Statement, statement } from '../driver/statement.ts';
import { limitBuckets, limitNow } from './limit-buckets.ts';

/** How budgets stand: locks and writes nothing. */
export function limitReadStatement(s: string): Statement {
  return statement(`with ${limitBuckets}
select p.ord, ${limitNow('$8')} as now, array_to_string(r.slots, ' ') as slots
from p left join ${s}.rate_limit r on r.key = p.key`);
}

/** A row of {@link limitReadStatement}, in no order. */
export interface LimitRow {
  /** The bucket's place, from 1. */
  readonly ord: unknown;
  /** Unix µs. */
  readonly now: unknown;
  /** The count as it is stored, as text; null: none. */
  readonly slots: unknown;
}
