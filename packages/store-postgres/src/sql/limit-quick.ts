import { type Statement, statement } from '../driver/statement.ts';
import type { SingleCall } from './limit-upsert.ts';

const COST = '$2::bigint';
const LIMIT = '$3::bigint';
const SPAN = '$4::bigint';
const TIMES = '$5::bigint';
const PERMITS = `${TIMES} * ${COST}`;
/** Unix µs. Through a `float8`, which holds them exactly: `extract` would calculate with `numeric`. */
const NOW = `coalesce($6::bigint, (date_part('epoch', statement_timestamp()) * 1000000)::bigint)`;
/** Of the row that would be inserted: its time, its (sub-)window or end, its permits. */
const [AT, PLACE, TAKEN] = ['excluded.slots[7]', 'excluded.slots[8]', 'excluded.slots[9]'];
const HEAD = 'excluded.slots[:7]';

/** By kind: the numbers of a new row's count, how long it counts, how a row that is there goes on, and when this holds. */
const kinds: readonly { begins: string; lastsUs: string; goesOn: string; fits: string }[] = [
  {
    begins: `${NOW} / ${SPAN}, ${PERMITS}`,
    lastsUs: `17 * ${SPAN}`,
    goesOn: `(
  select case
      when coalesce(sum(r.slots[g + 1]), 0) > ${LIMIT} - ${PERMITS} then array[0, ${SPAN}, ${LIMIT}, ${COST}, ${TIMES}, 0, ${AT}] || r.slots[min(g):]
      when max(r.slots[g]) >= ${PLACE} then ${HEAD} || r.slots[min(g):max(g)] || (r.slots[max(g) + 1] + ${TAKEN})
      else ${HEAD} || r.slots[min(g):] || excluded.slots[8:]
    end
  from generate_series(8, cardinality(r.slots) - 1, 2) g
  where r.slots[g] > ${PLACE} - 17 and r.slots[g] < ${PLACE} + 17)`,
    fits: '',
  },
  {
    begins: `${NOW} + ${PERMITS} * ${SPAN}`,
    lastsUs: `${LIMIT} * ${SPAN}`,
    goesOn: `${HEAD} || (greatest(r.slots[8], ${AT}) + ${PERMITS} * ${SPAN})`,
    fits: `coalesce(r.slots[8], 0) <= ${AT} + (${LIMIT} - ${PERMITS}) * ${SPAN}`,
  },
  {
    begins: `${NOW} / ${SPAN}, ${PERMITS}`,
    lastsUs: `2 * ${SPAN}`,
    goesOn: `excluded.slots[:8] || (${TAKEN} + case when r.slots[8] = ${PLACE} then r.slots[9] else 0 end)`,
    fits: `(r.slots[8] < ${PLACE} or r.slots[8] = ${PLACE} and r.slots[9] <= ${LIMIT} - ${PERMITS})`,
  },
];

/**
 * The usual case of one check, in as few words as can be: an expression costs the server a quarter of a microsecond for
 * each of its parts, however quick it is, as it is made ready anew by each call (a rate 78 instead of 107 µs of CPU, a
 * window 101 instead of 113; the plainest upsert takes 57).
 *
 * By kind: grants a check that fits as a whole, to a row that is new or was last charged by the same rule and not later
 * than now. No row comes back where this does not hold: `limit-upsert.ts` knows every case. A window's count is written
 * also where the check does not fit, with nothing granted.
 */
export function limitQuickStatements(s: string): readonly Statement[] {
  return kinds.map(({ begins, lastsUs, goesOn, fits }, kind) =>
    statement(`insert into ${s}.rate_limit as r (key, slots, expires_at)
values ($1::bytea, array[${kind}, ${SPAN}, ${LIMIT}, ${COST}, ${TIMES}, ${TIMES}, ${NOW}, ${begins}], statement_timestamp() + ${lastsUs} * interval '1 microsecond')
on conflict (key) do update set slots = ${goesOn}, expires_at = excluded.expires_at
where r.slots[1] = ${kind} and r.slots[2] = ${SPAN} and r.slots[7] <= ${AT}${fits && ` and ${fits}`}
returning array_to_string(r.slots, ' ') as slots`),
  );
}

/** Whether the whole check fits into an empty budget; if not it is no usual case. */
export function isQuick({ buckets: [{ cost }], times }: SingleCall, limit: number): boolean {
  return times * cost <= limit;
}
