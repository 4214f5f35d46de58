import { type Statement, statement } from '../driver/statement.ts';
import { limitBuckets, limitNow } from './limit-buckets.ts';
import { COUNT_FROM } from './limit-decision.ts';

/**
 * Takes permits out of the (sub-)windows of the time at which they were granted, where these still count; a rate goes
 * back by their intervals, at most to full. The keys all differ. The clock is read behind the last lock.
 */
export function limitGiveBackStatement(s: string): Statement {
  return statement(`with ${limitBuckets}, l as materialized (
  select r.key, r.slots[:${COUNT_FROM - 1}] as head, r.slots[${COUNT_FROM}:] as kept, p.kind, p.span, p.cost * p.times as permits, a.at
  from p
  join unnest($9::bigint[]) with ordinality as a(at, ord) on a.ord = p.ord
  join ${s}.rate_limit r on r.key = p.key
  where r.slots[1] = p.kind and r.slots[2] = p.span
  order by r.key for no key update of r
), n as materialized (
  select ${limitNow('$8')} as now from (select count(*) from l) as all_locked
), v as materialized (
  select l.key, l.head || case l.kind
    when 0 then (
      select array_agg(e.number order by g, e.place)
      from generate_series(1, cardinality(l.kept) - 1, 2) g,
        lateral (select l.kept[g + 1] - case when l.kept[g] = l.at / l.span then least(l.permits, l.kept[g + 1]) else 0 end as count) c,
        lateral (values (1, l.kept[g]), (2, c.count)) as e(place, number)
      where c.count > 0)
    when 1 then case when l.kept[1] - l.permits * l.span > n.now then array[l.kept[1] - l.permits * l.span] end
    else case
      when l.kept[1] <> l.at / l.span then l.kept
      when l.kept[2] > l.permits then array[l.kept[1], l.kept[2] - l.permits]
    end
  end as slots
  from l cross join n
)
update ${s}.rate_limit r set slots = v.slots from v where r.key = v.key`);
}
