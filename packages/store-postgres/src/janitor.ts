import { StoreUnavailableError } from '@castellan/core/kernel';
import { readBoolean, readInt, readText } from './driver/columns.ts';
import type { Driver, Runner } from './driver/driver.ts';
import { limitSweep } from './limit-sweep.ts';
import { once } from './migrations/pending-migrations.ts';
import { type MissingPartition, missingPartitions, partitionStatements, partitionTurn } from './sql/audit-partition.ts';
import { grownTables } from './sql/grown-tables.ts';
import { SWEEP_ROWS, sweepStatements } from './sql/sweep.ts';

/** The store's housekeeping. Every process may run one: they pass each other by. */
export interface Janitor {
  /** One round: rows that are over go, months that come get their partitions, PGlite's planner learns what has grown. */
  tidy(): Promise<void>;
  /** Makes this month's partition, so that the first requests find it, then begins. */
  start(): Promise<void>;
  /** Resolves when a round under way has ended. */
  stop(): Promise<void>;
}

/** What a {@link janitor} is made of. */
export interface JanitorOptions {
  /** Between two rounds, ms. */
  readonly everyMs: number;
  /** Told once about what a round could not do; the stores serve without it. */
  readonly warn: (message: string) => void;
}

/** Insufficient privilege: partitions are then the administrator's, and the default partition serves. */
const NO_RIGHT = '42501';

/** Batches of one table in a round; what is left waits for the next. */
const MOST_BATCHES = 100;

/** Makes the janitor of a schema. */
export function janitor(driver: Driver<unknown>, s: string, { everyMs, warn }: JanitorOptions): Janitor {
  const sweeps = sweepStatements(s);
  const sweepLimits = limitSweep(driver, s, everyMs);
  const warned = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | undefined;

  const missing = (runner: Runner): Promise<readonly MissingPartition[]> =>
    runner.run<MissingPartition>(missingPartitions, [s], { retry: 'read' });
  const sweep = async (): Promise<void> => {
    for (const statement of sweeps) {
      for (let batch = 0; batch < MOST_BATCHES; batch++) {
        const [row] = await driver.run<{ rows: unknown }>(statement, [], { retry: 'idempotent' });
        if (readInt(row?.rows) < SWEEP_ROWS) break;
      }
    }
    await sweepLimits();
  };
  const makePartitions = async (): Promise<void> => {
    if ((await missing(driver)).length === 0) return;
    await driver.transaction(async (runner) => {
      const [turn] = await runner.run<{ mine: unknown }>(partitionTurn, [s], { retry: 'never' });
      if (!readBoolean(turn?.mine)) return;
      // behind a long transaction of the app this would wait, and every audit row behind it: rather the next round
      await runner.run(once(`set local lock_timeout = '500ms'`), [], { retry: 'never' });
      for (const { name, first, last } of await missing(runner))
        for (const text of partitionStatements(s, readText(name), readText(first), readText(last)))
          await runner.run(once(text), [], { retry: 'never' });
    });
  };
  const analyze = async (): Promise<void> => {
    for (const { name } of await driver.run<{ name: unknown }>(grownTables, [s], { retry: 'read' }))
      await driver.run(once(`analyze ${readText(name)}`), [], { retry: 'idempotent' });
  };
  const told = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      // away for now: the verbs say so, and the next round tries again
      if (error instanceof StoreUnavailableError || warned.has(what)) return;
      warned.add(what);
      const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
      const hint = code === NO_RIGHT ? ' (the role may not create tables; the default partition serves)' : '';
      warn(
        `@castellan/store-postgres: ${what} failed${hint}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  };
  const tidy = async (): Promise<void> => {
    await told('making audit partitions', makePartitions);
    await told('sweeping expired rows', sweep);
    if (driver.untended) await told('analysing what has grown', analyze);
  };
  const begin = (): void => {
    round ??= tidy().finally(() => {
      round = undefined;
    });
  };

  return {
    tidy,
    async start() {
      if (timer) return;
      timer = setInterval(begin, everyMs);
      timer.unref();
      await told('making audit partitions', makePartitions);
      begin();
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      await round;
    },
  };
}
