/** What a decision is made of, each the SQL of a whole number, `slots` that of the stored count. */
export interface DecisionTerms {
  readonly kind: string;
  readonly span: string;
  readonly lim: string;
  readonly cost: string;
  readonly now: string;
  readonly slots: string;
}

/**
 * The stored count: kind and span that it was written by, then limit, cost, times and what was granted by the last
 * decision, its time, and from the eighth on: of a window pairs of sub-window and permits, of a rate the time at which
 * all permits are back, of a quota its window and permits. A count of another kind or span is none.
 */
export const COUNT_FROM = 8;
/** Places in the stored count, from 0 as JavaScript counts them: what was granted. */
export const GRANTED = 5;
/** When. */
export const AT = 6;

/**
 * FROM items: `v.live` is what still counts, `w.used` how much that is, `w.at` the (sub-)window, `f.fit` how many fit.
 * `offset 0` keeps each a step of its own: put into one another they would be carried out a hundred times.
 */
export function decision({ kind, span, lim, cost, now, slots }: DecisionTerms): string {
  return `lateral (select case when (${slots})[1] = ${kind} and (${slots})[2] = ${span} then (${slots})[${COUNT_FROM}:] else '{}' end as kept offset 0) k,
  lateral (select case ${kind}
    when 0 then coalesce((select k.kept[min(g):] from generate_series(1, cardinality(k.kept) - 1, 2) g
      where k.kept[g] > ${now} / ${span} - 17 and k.kept[g] < ${now} / ${span} + 17), '{}')
    when 1 then array[greatest(0, least(${lim} * ${span}, coalesce(k.kept[1], 0) - ${now}))]
    else case when k.kept[1] between ${now} / ${span} and ${now} / ${span} + 1 then k.kept else '{}' end
  end as live offset 0) v,
  lateral (select case ${kind}
    when 0 then coalesce((select sum(v.live[g + 1])::bigint from generate_series(1, cardinality(v.live) - 1, 2) g), 0)
    when 1 then v.live[1]
    else coalesce(v.live[2], 0)
  end as used, greatest(${now} / ${span}, case ${kind} when 0 then v.live[cardinality(v.live) - 1] when 2 then v.live[1] end) as at offset 0) w,
  lateral (select greatest(0, case ${kind} when 1 then (${lim} * ${span} - w.used) / ${span} else ${lim} - w.used end) / nullif(${cost}, 0) as fit offset 0) f`;
}

/** The stored count after `granted`, without what stands before it. */
export function countAfter({ kind, span, cost, now }: DecisionTerms, granted: string): string {
  const permits = `${granted} * ${cost}`;
  return `case
    when ${kind} = 1 then array[${now} + w.used + ${permits} * ${span}]
    when ${permits} = 0 then v.live
    when ${kind} = 2 then array[w.at, w.used + ${permits}]
    when v.live[cardinality(v.live) - 1] = w.at then v.live[:cardinality(v.live) - 1] || (v.live[cardinality(v.live)] + ${permits})
    else v.live || array[w.at, ${permits}]
  end`;
}

/** When all permits are back, for the janitor. */
export function endAfter({ kind, span, cost, now }: DecisionTerms, granted: string): string {
  return `clock_timestamp() + interval '1 microsecond' * case ${kind}
    when 0 then (w.at + 17) * ${span} - ${now} when 1 then w.used + ${granted} * ${cost} * ${span} else (w.at + 1) * ${span} - ${now} end`;
}
