/**
 * One rule that every store of a port keeps, as something any test runner can run:
 *
 * ```ts
 * for (const c of sessionStoreCases) test(c.name, () => c.run(harness));
 * ```
 *
 * `run` rejects with an `AssertionError` where the rule is broken.
 */
export interface ConformanceCase<H> {
  /** The rule, as a sentence. */
  readonly name: string;
  run(harness: H): Promise<void>;
}

/** Puts the subject of the rules before each name: `'refresh: a replay never moves …'`. */
export function casesOf<H>(
  about: string,
  rules: Readonly<Record<string, (harness: H) => Promise<void>>>,
): readonly ConformanceCase<H>[] {
  return Object.entries(rules).map(([rule, run]) => ({ name: `${about}: ${rule}`, run }));
}
