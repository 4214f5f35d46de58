import type { ProblemKind, ProblemTable } from './problem.ts';

const CODE = /^[a-z][a-z0-9_]*$/;

/**
 * Merges the slices' tables into one catalogue.
 *
 * @throws TypeError when two tables have one code, a code is not snake_case, or a status is not 4xx or 5xx
 */
export function mergeProblems(...tables: readonly ProblemTable[]): ProblemTable {
  const catalogue = new Map<string, ProblemKind>();
  for (const table of tables)
    for (const [code, kind] of Object.entries(table)) {
      if (catalogue.has(code)) throw new TypeError(`problem code ${JSON.stringify(code)} is in two tables`);
      if (!CODE.test(code)) throw new TypeError(`problem code ${JSON.stringify(code)} is not snake_case`);
      if (!Number.isInteger(kind.status) || kind.status < 400 || kind.status > 599)
        throw new TypeError(`problem code ${JSON.stringify(code)}: status ${kind.status} is no client or server error`);
      catalogue.set(code, kind);
    }
  return Object.freeze(Object.fromEntries(catalogue));
}
