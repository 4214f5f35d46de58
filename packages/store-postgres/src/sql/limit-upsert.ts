import type { LimitBucket } from '@castellan/core/limits';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { type LimitCall, limitKey, limitNow, limitNumbers } from './limit-buckets.ts';
import { COUNT_FROM } from './limit-decision.ts';

/** A check of one budget, which has a cost that its limit allows. */
export interface SingleCall extends LimitCall {
  readonly buckets: readonly [LimitBucket];
}

/** The texts of one kind of rule. */
export interface LimitUpsert {
  /** For one check. */
  readonly one: Statement;
  /** For many, whose keys all differ. */
  readonly many: Statement;
}

/** One term of the row that would be inserted: kind, span, limit, cost, times, granted, now, and how it would begin. */
const asked = (place: number): string => `excluded.slots[${place}]`;
const [SPAN, LIMIT, COST, TIMES, NOW, AT] = [2, 3, 4, 5, 7, 8].map(asked);

const isSame = `r.slots[1] = ${asked(1)} and r.slots[2] = ${SPAN}`;
const head = (granted: string): string => `excluded.slots[:5] || array[${granted}, ${NOW}]`;

const used = `greatest(0, least(${LIMIT} * ${SPAN}, case when ${isSame} then coalesce(r.slots[8], 0) - ${NOW} else 0 end))`;
const fitRate = `least(${TIMES}, (${LIMIT} * ${SPAN} - ${used}) / (${SPAN} * ${COST}))`;

const isThen = `${isSame} and r.slots[8] between ${AT} and ${AT} + 1`;
const spent = `case when ${isThen} then r.slots[9] else 0 end`;
const fitQuota = `least(${TIMES}, greatest(0, ${LIMIT} - ${spent}) / ${COST})`;

/** By kind: what a new row's count is, how long it counts, and how a row that is there goes on. */
const kinds = [
  {
    begins: 'array[n.now / p.span, g.granted * p.cost]',
    lastsUs: '17 * p.span',
    goesOn: `(slots, expires_at) = (
  select ${head('d.granted')} || case
      when d.granted = 0 then t.live
      when t.live[cardinality(t.live) - 1] >= ${AT} then t.live[:cardinality(t.live) - 1] || (t.live[cardinality(t.live)] + d.granted * ${COST})
      else t.live || array[${AT}, d.granted * ${COST}]
    end, excluded.expires_at
  from (
    select coalesce(sum(r.slots[g + 1])::bigint, 0) as total, coalesce(r.slots[min(g):], '{}') as live
    from generate_series(${COUNT_FROM}, case when ${isSame} then cardinality(r.slots) - 1 else 0 end, 2) g
    where r.slots[g] > ${AT} - 17 and r.slots[g] < ${AT} + 17 offset 0
  ) t, lateral (select least(${TIMES}, greatest(0, ${LIMIT} - t.total) / ${COST}) as granted offset 0) d)`,
  },
  {
    begins: '(n.now + g.granted * p.cost * p.span)',
    lastsUs: 'p.lim * p.span',
    goesOn: `slots = ${head(fitRate)} || (${NOW} + ${used} + ${fitRate} * ${COST} * ${SPAN}), expires_at = excluded.expires_at`,
  },
  {
    begins: 'array[n.now / p.span, g.granted * p.cost]',
    lastsUs: '2 * p.span',
    goesOn: `slots = ${head(fitQuota)} || array[case when ${isThen} then r.slots[8] else ${AT} end, ${spent} + ${fitQuota} * ${COST}],
  expires_at = excluded.expires_at`,
  },
] as const;

/**
 * Decides on checks of one budget each, by one upsert: it always goes by the key, whatever the planner was told of the
 * table's size when it made its plan. The row of a refused check is written as well; who was refused lately is read
 * first (`limit-read.ts`).
 *
 * The clock is read before the row is locked. What waits for a lock so decides by a time that is a little old, and is
 * never granted more for it: nothing comes back earlier, and what it takes counts from the newest sub-window.
 */
export function limitUpserts(s: string): readonly LimitUpsert[] {
  const one = `with p as (
  select $1::bytea as key, $2::bigint as cost, $3::bigint as lim, $4::bigint as span, $5::bigint as times
)`;
  const many = `with calls as materialized (
  select $1::bytea[] as key, $2::bigint[] as cost, $3::bigint[] as lim, $4::bigint[] as span, $5::bigint[] as times
), p as materialized (
  select p.* from calls c, unnest(c.key, c.cost, c.lim, c.span, c.times) as p(key, cost, lim, span, times)
)`;
  return kinds.map(({ begins, lastsUs, goesOn }, kind) => {
    const upsert = (from: string): Statement =>
      statement(`${from}
insert into ${s}.rate_limit as r (key, slots, expires_at)
select p.key, array[${kind}, p.span, p.lim, p.cost, p.times, g.granted, n.now] || ${begins}, clock_timestamp() + ${lastsUs} * interval '1 microsecond'
from (select ${limitNow('$6')} as now offset 0) n, p, lateral (select least(p.times, p.lim / p.cost) as granted) g
order by p.key
on conflict (key) do update set ${goesOn}
returning r.key, r.slots[6] as granted, r.slots[7] as now, array_to_string(r.slots, ' ') as slots`);
    return { one: upsert(one), many: upsert(many) };
  });
}

/** A row of {@link limitUpserts}. */
export interface LimitUpsertRow {
  readonly key: unknown;
  readonly granted: unknown;
  readonly now: unknown;
  readonly slots: unknown;
}

/** @param now in place of the clock, µs */
export function limitUpsertValues({ buckets: [bucket], times }: SingleCall, now: number | null): readonly BindValue[] {
  const { limit, span } = limitNumbers(bucket.rule);
  return [limitKey(bucket.key), bucket.cost, limit, span, times, now];
}

/** @param calls of one kind */
export function limitUpsertManyValues(calls: readonly SingleCall[], now: number | null): readonly BindValue[] {
  const lists = calls.map((call) => limitUpsertValues(call, now));
  return [...[0, 1, 2, 3, 4].map((place) => lists.map((list) => list[place] ?? null)), now];
}
