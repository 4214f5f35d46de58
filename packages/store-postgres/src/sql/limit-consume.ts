import { type Statement, statement } from '../driver/statement.ts';
import { type LimitRow, limitBuckets, limitNow } from './limit-buckets.ts';

/**
 * Decides on checks whose keys all differ, each all or nothing. Rows are locked in the order of their keys, so statements
 * wait for each other but never in a circle, and the clock is read behind the lock.
 *
 * A new row cannot be seen before it is there: where another statement made it meanwhile, the insert writes nothing and
 * `granted` is null: asked again in a new statement, the row is seen and locked. A check of several budgets would then
 * be charged to some of them only, so its missing rows are made empty first, and it is asked again as well.
 */
export function limitConsumeStatement(s: string): Statement {
  return statement(`with ${limitBuckets}, l as materialized (
  select r.key, r.slots from p join ${s}.rate_limit r on r.key = p.key order by r.key for no key update of r
), n as materialized (
  select ${limitNow('$8')} as now, (select count(*) from l) as locked
), b as materialized (
  select p.*, n.now, l.key is null as missing, v.live, w.used, w.at,
    case when p.cost > 0 then greatest(0, case when p.kind = 1 then (p.lim * p.span - w.used) / p.span else p.lim - w.used end) / p.cost end as fit
  from n cross join p left join l on l.key = p.key,
    lateral (select case p.kind
      when 0 then coalesce((select l.slots[min(g):] from generate_series(1, cardinality(l.slots) - 1, 2) g
        where l.slots[g] > n.now / p.span - 17 and l.slots[g] < n.now / p.span + 17), '{}')
      when 1 then array[greatest(0, least(p.lim * p.span, coalesce(l.slots[1], 0) - n.now))]
      else case when l.slots[1] between n.now / p.span and n.now / p.span + 1 then l.slots else '{}' end
    end as live) v,
    lateral (select case p.kind
      when 0 then coalesce((select sum(v.live[g + 1])::bigint from generate_series(1, cardinality(v.live) - 1, 2) g), 0)
      when 1 then v.live[1]
      else coalesce(v.live[2], 0)
    end as used, greatest(n.now / p.span, case p.kind when 0 then v.live[cardinality(v.live) - 1] when 2 then v.live[1] end) as at) w
), d as materialized (
  select b.*, least(times, min(fit) over c) as granted,
    count(*) filter (where cost > 0) over c > 1 and bool_or(missing and cost > 0) over c as unmade
  from b window c as (partition by chk)
), v as materialized (
  select d.*, granted > 0 and cost > 0 as charged, unmade and granted > 0 as again,
    case
      when kind = 1 then array[now + used + granted * cost * span]
      when granted * cost = 0 then live
      when kind = 2 then array[at, used + granted * cost]
      when live[cardinality(live) - 1] = at then live[:cardinality(live) - 1] || (live[cardinality(live)] + granted * cost)
      else live || array[at, granted * cost]
    end as slots,
    case kind when 1 then used + granted * cost * span when 0 then (at + 17) * span - now else (at + 1) * span - now end as left_us
  from d
), u as (
  update ${s}.rate_limit r set slots = v.slots, expires_at = clock_timestamp() + v.left_us * interval '1 microsecond'
  from v where r.key = v.key and v.charged and not v.missing and not v.again
), i as (
  insert into ${s}.rate_limit (key, slots, expires_at)
  select key, case when again then '{}' else slots end, clock_timestamp() + left_us * interval '1 microsecond'
  from v where missing and charged order by key
  on conflict do nothing
  returning key
)
select v.ord, v.now, array_to_string(v.slots, ' ') as slots,
  case when not (v.again or v.missing and v.charged and i.key is null) then v.granted end as granted
from v left join i on i.key = v.key`);
}

/** A row of {@link limitConsumeStatement}. */
export interface LimitConsumeRow extends LimitRow {
  /** `null`: in a new statement. */
  readonly granted: unknown;
}
