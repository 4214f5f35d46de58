import { sql, type Transaction } from 'kysely';
import type { Driver, Runner, RunOptions, Values } from './driver.ts';
import { runnerOver } from './kysely-driver.ts';
import { checkServer } from './server-check.ts';
import type { Statement } from './statement.ts';
import { statementMs } from './time-limits.ts';

/**
 * The same verbs inside a transaction that the caller has open, on its one connection: each call is a single statement,
 * nothing gathers, nothing is tried again, and what the verbs wrote stands when the caller commits.
 */
export function transactionDriver<DB>(tx: Transaction<DB>): Driver<Transaction<DB>> {
  const runner = runnerOver(tx, statementMs, new Map());
  /** Units take turns: savepoints of one connection nest, they do not interleave. */
  let turn: Promise<unknown> = Promise.resolve();

  const driver: Driver<Transaction<DB>> = {
    maxFlights: 0,
    run: <R extends object>(statement: Statement, values: Values, how: RunOptions) =>
      runner.run<R>(statement, values, how),
    transaction<T>(work: (runner: Runner, tx: Transaction<DB>) => Promise<T>) {
      const unit = turn.then(() => inSavepoint(tx, () => work(runner, tx)));
      turn = unit.catch(() => {});
      return unit;
    },
    start: () => checkServer(driver),
    stop: async () => {},
  };
  return driver;
}

/** All or nothing without ending the caller's transaction: what throws is undone to here, and the caller may go on. */
async function inSavepoint<DB, T>(tx: Transaction<DB>, work: () => Promise<T>): Promise<T> {
  const plain = tx.withoutPlugins();
  await sql`savepoint castellan_unit`.execute(plain);
  try {
    const value = await work();
    await sql`release savepoint castellan_unit`.execute(plain);
    return value;
  } catch (error) {
    // where the connection is gone the caller's transaction is over anyway: its own error says more
    await sql`rollback to savepoint castellan_unit`.execute(plain).catch(() => {});
    throw error;
  }
}
