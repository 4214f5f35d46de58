interface WithKeys {
  readonly buckets: readonly { readonly key: string }[];
}

/** In their order, as many as can be in one statement: no two of them name one key. */
export function distinctKeys<C extends WithKeys>(checks: readonly C[]): ReadonlySet<C> {
  const used = new Set<string>();
  const chosen = new Set<C>();
  for (const check of checks) {
    const free = check.buckets.every(({ key }) => !used.has(key));
    // also those of one that has to wait: a later one may not pass it by
    for (const { key } of check.buckets) used.add(key);
    if (free) chosen.add(check);
  }
  return chosen;
}

/** Puts checks into groups that are carried out one after the other: within one, no two name one key. */
export function apartByKey<C extends WithKeys>(checks: readonly C[]): readonly (readonly C[])[] {
  if (checks.length === 1) return [checks];
  const groupOf = new Map<string, number>();
  const groups: C[][] = [];
  for (const check of checks) {
    const group = Math.max(0, ...check.buckets.map(({ key }) => (groupOf.get(key) ?? -1) + 1));
    for (const { key } of check.buckets) groupOf.set(key, group);
    const fellows = groups[group];
    if (fellows) fellows.push(check);
    else groups.push([check]);
  }
  return groups;
}
