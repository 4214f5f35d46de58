import { type LimitPolicy, type LimitRule, limitOf } from './limits/index.ts';

/** Knows the named limits of an app. A name is one budget; what a name says of two different rules would be untrue. */
export interface LimitNames {
  /**
   * Enters a route's named limits.
   *
   * @param ofTiers the limits of tiers that are charged beside them
   * @throws TypeError when one has the name of a limit with another rule, or is charged beside itself
   */
  enter(own: readonly LimitPolicy[], ofTiers: readonly LimitPolicy[]): void;
}

/**
 * Makes it.
 *
 * @param ofTiers the limits of all tiers: of one name they may differ, since a caller is in one tier
 * @param ofEndpoints those of the library's own endpoints
 */
export function createLimitNames(ofTiers: readonly LimitPolicy[], ofEndpoints: readonly LimitPolicy[]): LimitNames {
  const known = new Map<string, LimitRule[]>();
  for (const { name, rule } of [...ofEndpoints, ...ofTiers]) known.set(name, [...(known.get(name) ?? []), rule]);
  return {
    enter(own, beside) {
      for (const { name, rule, by } of own.filter(({ shared }) => shared)) {
        const rules = known.get(name) ?? [];
        const other = rules.find((one) => textOf(one) !== textOf(rule));
        if (other)
          throw new TypeError(
            `policy.limit: a limit named ${JSON.stringify(name)} is there already and is ${textOf(other)}, not ${textOf(rule)}: one name is one budget`,
          );
        // where there is no principal, a limit by subject counts the address: both would be one budget, charged twice
        if (beside.some((one) => one.name === name && whoIs(one.by) === whoIs(by)))
          throw new TypeError(
            `policy.limit: ${JSON.stringify(name)} is a tier's budget, and this route charges it already`,
          );
        if (rules.length === 0) known.set(name, [rule]);
      }
    },
  };
}

/** Who may be counted, as far as two limits can count the same caller. */
function whoIs(by: LimitPolicy['by']): string {
  if (typeof by === 'function') return 'what a function says'; // two may say the same
  return by === 'ip' ? 'subject' : by;
}

function textOf(rule: LimitRule): string {
  const us = rule.kind === 'rate' ? rule.intervalUs : rule.windowUs;
  return rule.kind === 'rate'
    ? `a rate of one in ${us / 1000} ms with a burst of ${rule.burst}`
    : `a ${rule.kind} of ${limitOf(rule)} in ${us / 1000} ms`;
}
