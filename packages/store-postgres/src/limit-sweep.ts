import { readInt } from './driver/columns.ts';
import type { Runner } from './driver/driver.ts';
import { type LimitSizeRow, limitSizeStatement, limitSweepStatement } from './sql/limit-sweep.ts';

/** Blocks of 8 KiB that one statement looks at: some 2,000 rows. */
const BLOCKS = 64;

/** Statements of a round; what is left waits for the next. */
const MOST_BATCHES = 100;

/** In this time the whole table is passed once. */
const PASS_MS = 3_600_000;

/**
 * Clears the table of limits away, a part of it in each round: as much as the time since the last round is of an hour. A
 * process begins where the hour is, so that also those that live for minutes pass the whole table between them.
 *
 * @param everyMs between two rounds
 * @returns one round
 */
export function limitSweep(runner: Runner, s: string, everyMs: number): () => Promise<void> {
  const size = limitSizeStatement(s);
  const sweep = limitSweepStatement(s);
  let at: number | undefined;

  return async () => {
    const [row] = await runner.run<LimitSizeRow>(size, [], { retry: 'read' });
    const blocks = readInt(row?.blocks);
    at ??= Math.floor((blocks * Number(row?.hour)) / BLOCKS) * BLOCKS;
    if (at >= blocks) at = 0;
    const share = Math.ceil(Math.min(1, everyMs / PASS_MS) * blocks);
    const end = Math.min(blocks, at + share, at + MOST_BATCHES * BLOCKS);
    for (; at < end; at += BLOCKS)
      await runner.run(sweep, [`(${at},0)`, `(${at + BLOCKS},0)`], { retry: 'idempotent' });
  };
}
