import type { Ledger } from './ledger.ts';
import type { LimitRule } from './limit-store.ts';
import { quotaLedger } from './quota-ledger.ts';
import { rateLedger } from './rate-ledger.ts';
import { createShelf, type Shelf } from './shelf.ts';
import { windowLedger } from './window-ledger.ts';

/** Rules that are found by looking through them: quicker than by a map, and few apps have more. */
const AT_HAND = 16;

/**
 * One shelf a rule: rules of the same numbers are one, whatever object says them.
 *
 * @param onSubject is told of each subject that is counted beside the others, not in the place of one
 */
export function shelfTable(maxSubjects: number, onSubject: () => void): (rule: LimitRule) => Shelf {
  const byNumbers = new Map<string, Shelf>();
  const byRule = new WeakMap<LimitRule, Shelf>();
  const rules: LimitRule[] = [];
  const shelves: Shelf[] = [];

  function find(rule: LimitRule): Shelf {
    const known = byRule.get(rule);
    if (known) return known;
    const name =
      rule.kind === 'rate' ? `rate ${rule.intervalUs} ${rule.burst}` : `${rule.kind} ${rule.limit} ${rule.windowUs}`;
    const shelf = byNumbers.get(name) ?? createShelf(ledgerOf(rule), maxSubjects, onSubject);
    byNumbers.set(name, shelf);
    byRule.set(rule, shelf);
    if (rules.length < AT_HAND) {
      rules.push(rule);
      shelves.push(shelf);
    }
    return shelf;
  }

  return (rule) => {
    for (let i = 0; i < rules.length; i++) if (rules[i] === rule) return shelves[i] ?? find(rule);
    return find(rule);
  };
}

function ledgerOf(rule: LimitRule): Ledger {
  switch (rule.kind) {
    case 'window':
      return windowLedger(rule);
    case 'rate':
      return rateLedger(rule);
    case 'quota':
      return quotaLedger(rule);
  }
}
