import type pg from 'pg';

/** One flaw: a part of a statement, and what stands in its place. */
export interface Rewriting {
  /** Statements that are meant: those that contain all of these. */
  readonly statement: readonly string[];
  readonly from: string | RegExp;
  readonly to: string;
}

/**
 * Makes the clients of a pool send flawed statements.
 *
 * @throws TypeError from the query, when a statement that is meant no longer has the part: then the flaw would be none
 */
export function rewritingPool(pool: pg.Pool, { statement, from, to }: Rewriting): pg.Pool {
  const flawed = (text: string): string => {
    if (!statement.every((part) => text.includes(part))) return text;
    const rewritten = text.replace(from, to);
    if (rewritten === text) throw new TypeError(`the statement has no ${String(from)} any more`);
    return rewritten;
  };
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...parameters: unknown[]) => unknown;
    const rewrite = (first: unknown, ...rest: unknown[]): unknown => query(withText(first, flawed), ...rest);
    Object.assign(client, { query: rewrite });
  });
  return pool;
}

function withText(query: unknown, change: (text: string) => string): unknown {
  if (typeof query === 'string') return change(query);
  if (typeof query !== 'object' || query === null || !('text' in query)) return query;
  return { ...query, text: change(String(query.text)) };
}
