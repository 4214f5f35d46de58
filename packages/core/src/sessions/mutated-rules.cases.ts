import { type ApplyRefresh, applyRefresh } from './apply-refresh.ts';
import type { SessionRules } from './memory-session-store.ts';
import { type DecideRefresh, decideBy, type RefreshFacts, type RefreshRule, refreshTable } from './refresh-verdict.ts';
import type { DecideUse } from './use-verdict.ts';

/** Rules with one thing wrong, for showing that a test notices. */
type Mutant = Partial<SessionRules>;

/** A rule is `verdict`, or `verdict/2` for the second row of that name. */
function place(name: string): number {
  const [verdict, nth = '1'] = name.split('/');
  const at = refreshTable.flatMap((rule, i) => (rule.verdict === verdict ? [i] : []))[Number(nth) - 1];
  if (at === undefined) throw new TypeError(`the table has no row ${name}`);
  return at;
}

/** Another table. */
export function table(change: (rules: readonly RefreshRule[]) => readonly RefreshRule[]): Mutant {
  return { decide: decideBy(change(refreshTable)) };
}

/** The table without some rows. */
export function without(...names: readonly string[]): Mutant {
  const gone = new Set(names.map(place));
  return table((rules) => rules.filter((_, i) => !gone.has(i)));
}

/** A row with another condition. */
export function when(name: string, condition: (f: RefreshFacts) => boolean): Mutant {
  return table((rules) => rules.map((rule, i) => (i === place(name) ? { ...rule, when: condition } : rule)));
}

/** A row moved to the place before another. */
export function first(name: string, before: string): Mutant {
  return table((rules) => {
    const moved = rules.filter((_, i) => i === place(name));
    return rules.toSpliced(place(name), 1).toSpliced(place(before), 0, ...moved);
  });
}

/** Another decision. */
export function decided(decide: DecideRefresh): Mutant {
  return { decide };
}

/** Another change of the row, for the columns that are answered. */
export function applied(change: (...call: Parameters<ApplyRefresh>) => Partial<ReturnType<ApplyRefresh>>): Mutant {
  return { apply: (...call) => ({ ...applyRefresh(...call), ...change(...call) }) };
}

/** Another decision of the use verb. */
export function used(decideUse: DecideUse): Mutant {
  return { decideUse };
}
