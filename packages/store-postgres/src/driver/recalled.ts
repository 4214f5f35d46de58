import type { Query, RunOptions } from './driver.ts';
import type { Failure } from './retry.ts';

/**
 * Carries out a statement, unless a try before this one did and its answer was lost: then that answer is given.
 *
 * @param before how the earlier tries failed
 */
export async function recalledOr<R>(
  query: Query,
  { recall }: Pick<RunOptions, 'recall'>,
  before: readonly Failure[],
  ask: (query: Query) => Promise<readonly R[]>,
): Promise<readonly R[]> {
  if (recall && before.some(({ fault }) => fault === 'connection_lost')) {
    const { settled, answer } = recall();
    // two statements: what commits while the first one waits is not in its snapshot
    if (settled) await ask(settled);
    const rows = await ask(answer);
    if (rows.length > 0) return rows;
  }
  return ask(query);
}
