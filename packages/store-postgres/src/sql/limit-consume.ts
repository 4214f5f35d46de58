import { type Statement, statement } from '../driver/statement.ts';
import { limitBuckets, limitNow } from './limit-buckets.ts';
import { countAfter, type DecisionTerms, decision, endAfter } from './limit-decision.ts';

/**
 * Decides on checks of several budgets, each charged to all of them or to none. Rows are locked in the order of their
 * keys, so that statements may wait for each other but never in a circle, and the clock is read behind the last lock.
 * `granted` is null where a row is missing: it is made first, by {@link limitSeedStatement}.
 */
export function limitConsumeAllStatement(s: string): Statement {
  const terms: DecisionTerms = {
    kind: 'l.kind',
    span: 'l.span',
    lim: 'l.lim',
    cost: 'l.cost',
    now: 'n.now',
    slots: 'l.slots',
  };
  return statement(`with ${limitBuckets}, l as materialized (
  select p.*, r.slots from p join ${s}.rate_limit r on r.key = p.key order by r.key for no key update of r
), n as materialized (
  select ${limitNow('$8')} as now from (select count(*) from l) as all_locked
), b as materialized (
  select l.*, n.now, v.live, w.used, w.at, f.fit from n, l, ${decision(terms)}
), d as materialized (
  select p.ord, p.cost, p.times, least(p.times, min(b.fit) over c) as granted,
    bool_or(b.ord is null and p.cost > 0) over c as unmade
  from p left join b on b.ord = p.ord
  window c as (partition by p.chk)
), a as materialized (
  select b.ord, b.key, d.granted, d.unmade, array[b.kind, b.span, b.lim, b.cost, b.times, d.granted, b.now] || a.slots as slots, a.expires_at
  from d join b on b.ord = d.ord,
    lateral (select b.live) v, lateral (select b.used, b.at) w,
    lateral (select ${countAfter({ ...terms, kind: 'b.kind', span: 'b.span', cost: 'b.cost', now: 'b.now' }, 'd.granted')} as slots,
      ${endAfter({ ...terms, kind: 'b.kind', span: 'b.span', cost: 'b.cost', now: 'b.now' }, 'd.granted')} as expires_at) a
), u as (
  update ${s}.rate_limit r set slots = a.slots, expires_at = a.expires_at
  from a join d on d.ord = a.ord where r.key = a.key and not a.unmade and d.granted * d.cost > 0
)
select d.ord, n.now, array_to_string(a.slots, ' ') as slots, case when not d.unmade then d.granted end as granted
from n, d left join a on a.ord = d.ord`);
}

/** A row of {@link limitConsumeAllStatement}, in no order. */
export interface LimitConsumeAllRow {
  /** The bucket's place, from 1. */
  readonly ord: unknown;
  readonly now: unknown;
  readonly slots: unknown;
  /** `null`: a row is missing. */
  readonly granted: unknown;
}

/** Makes empty rows where there are none. */
export function limitSeedStatement(s: string): Statement {
  return statement(`with ${limitBuckets}
insert into ${s}.rate_limit (key, slots, expires_at)
select p.key, array[p.kind, p.span, p.lim, p.cost, p.times, 0, $8::bigint], clock_timestamp() from p order by p.key
on conflict do nothing`);
}
