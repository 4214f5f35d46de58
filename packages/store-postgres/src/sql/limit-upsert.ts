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

/** What an upsert is given, each the SQL of a whole number; in what it does to a row that is there. */
interface Terms {
  readonly span: string;
  readonly lim: string;
  readonly cost: string;
  readonly times: string;
}

/** A row that is further ahead than this, µs, did not overtake: the clock was set back. No statement waits as long. */
const MOST_AHEAD_US = 60_000_000;

const isSame = (kind: number, { span }: Terms): string => `r.slots[1] = ${kind} and r.slots[2] = ${span}`;
/** The time of the decision: that of the row that would be inserted, or that of the last one, which came in between. */
const nowOf = (kind: number, terms: Terms): string =>
  `greatest(excluded.slots[7], case when ${isSame(kind, terms)} and r.slots[7] <= excluded.slots[7] + ${MOST_AHEAD_US} then r.slots[7] end)`;
/** @param now SQL, as `granted` is */
const head = (kind: number, { span, lim, cost, times }: Terms, granted: string, now: string): string =>
  `array[${kind}, ${span}, ${lim}, ${cost}, ${times}, ${granted}, ${now}]`;

/** By kind: the numbers of a new row's count, how long it counts, and how a row that is there goes on. */
const kinds: readonly {
  begins(now: string, granted: string, terms: Terms): string;
  lastsUs(terms: Terms): string;
  goesOn(terms: Terms): string;
}[] = [
  {
    begins: (now, granted, { span, cost }) => `${now} / ${span}, ${granted} * ${cost}`,
    lastsUs: ({ span }) => `17 * ${span}`,
    goesOn: (terms) => `(
  select ${head(0, terms, 'd.granted', 'n.now')} || case
      when d.granted = 0 then t.live
      when t.live[cardinality(t.live) - 1] >= n.at then t.live[:cardinality(t.live) - 1] || (t.live[cardinality(t.live)] + d.granted * ${terms.cost})
      else t.live || array[n.at, d.granted * ${terms.cost}]
    end
  from (select c.now, c.now / ${terms.span} as at from (select ${nowOf(0, terms)} as now offset 0) c offset 0) n, lateral (
    select coalesce(sum(r.slots[g + 1])::bigint, 0) as total, coalesce(r.slots[min(g):], '{}') as live
    from generate_series(${COUNT_FROM}, case when ${isSame(0, terms)} then cardinality(r.slots) - 1 else 0 end, 2) g
    where r.slots[g] > n.at - 17 and r.slots[g] < n.at + 17 offset 0
  ) t, lateral (select least(${terms.times}, greatest(0, ${terms.lim} - t.total) / ${terms.cost}) as granted offset 0) d)`,
  },
  {
    begins: (now, granted, { span, cost }) => `${now} + ${granted} * ${cost} * ${span}`,
    lastsUs: ({ span, lim }) => `${lim} * ${span}`,
    goesOn(terms) {
      const { span, lim, cost, times } = terms;
      const now = nowOf(1, terms);
      const used = `greatest(0, least(${lim} * ${span}, case when ${isSame(1, terms)} then coalesce(r.slots[8], 0) - ${now} else 0 end))`;
      const fit = `least(${times}, (${lim} * ${span} - ${used}) / (${span} * ${cost}))`;
      return `${head(1, terms, fit, now)} || (${now} + ${used} + ${fit} * ${cost} * ${span})`;
    },
  },
  {
    begins: (now, granted, { span, cost }) => `${now} / ${span}, ${granted} * ${cost}`,
    lastsUs: ({ span }) => `2 * ${span}`,
    goesOn(terms) {
      const now = nowOf(2, terms);
      const at = `${now} / ${terms.span}`;
      const isThen = `${isSame(2, terms)} and r.slots[8] between ${at} and ${at} + 1`;
      const spent = `case when ${isThen} then r.slots[9] else 0 end`;
      const fit = `least(${terms.times}, greatest(0, ${terms.lim} - ${spent}) / ${terms.cost})`;
      return `${head(2, terms, fit, now)} || array[case when ${isThen} then r.slots[8] else ${at} end, ${spent} + ${fit} * ${terms.cost}]`;
    },
  },
];

/** The terms of one check are its parameters, those of many stand in the rows that would be inserted. */
const OF_ONE: Terms = { cost: '$2::bigint', lim: '$3::bigint', span: '$4::bigint', times: '$5::bigint' };
const OF_MANY: Terms = { cost: 'p.cost', lim: 'p.lim', span: 'p.span', times: 'p.times' };
const EXCLUDED: Terms = {
  span: 'excluded.slots[2]',
  lim: 'excluded.slots[3]',
  cost: 'excluded.slots[4]',
  times: 'excluded.slots[5]',
};

/**
 * Decides on checks of one budget each, by one upsert: it always goes by the key, whatever the planner was told of the
 * table's size when it made its plan. The row of a refused check is written as well; who was refused lately is read
 * first (`limit-read.ts`).
 *
 * The clock is read before the row is locked. What waited for the lock would decide by a time before the row's, and what
 * it writes would take back what was charged since: it decides by the row's last time then, and answers with it.
 *
 * The text for one is as small as it can be: what a server does to begin and end a statement costs more than the row
 * (of a prepared upsert's 65 µs of CPU a lonely check was 130, by one row from VALUES it is 90 to 105). Its clock is that
 * of the message that brought it, so that it can be read twice and is the same.
 */
export function limitUpserts(s: string): readonly LimitUpsert[] {
  return kinds.map(({ begins, lastsUs, goesOn }, kind) => {
    const row = (terms: Terms, now: string, clock: string): string => {
      const { span, lim, cost, times } = terms;
      const granted = `least(${times}, ${lim} / ${cost})`;
      return `array[${kind}, ${span}, ${lim}, ${cost}, ${times}, ${granted}, ${now}, ${begins(now, granted, terms)}], ${clock} + ${lastsUs(terms)} * interval '1 microsecond'`;
    };
    const onConflict = (terms: Terms): string =>
      `on conflict (key) do update set slots = ${goesOn(terms)}, expires_at = excluded.expires_at`;
    const one = `insert into ${s}.rate_limit as r (key, slots, expires_at)
values ($1::bytea, ${row(OF_ONE, limitNow('$6', 'statement_timestamp()'), 'statement_timestamp()')})
${onConflict(OF_ONE)}
returning array_to_string(r.slots, ' ') as slots`;
    const many = `with calls as materialized (
  select $1::bytea[] as key, $2::bigint[] as cost, $3::bigint[] as lim, $4::bigint[] as span, $5::bigint[] as times
), p as materialized (
  select p.* from calls c, unnest(c.key, c.cost, c.lim, c.span, c.times) as p(key, cost, lim, span, times)
)
insert into ${s}.rate_limit as r (key, slots, expires_at)
select p.key, ${row(OF_MANY, 'n.now', 'clock_timestamp()')}
from (select ${limitNow('$6')} as now offset 0) n, p
order by p.key
${onConflict(EXCLUDED)}
returning r.key, array_to_string(r.slots, ' ') as slots`;
    return { one: statement(one), many: statement(many) };
  });
}

/** A row of {@link limitUpserts}. */
export interface LimitUpsertRow {
  /** In the answer for many. */
  readonly key?: unknown;
  /** The count as it was written, as text: with what was granted and when, see {@link COUNT_FROM}. */
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
