import { AsyncLocalStorage } from 'node:async_hooks';
import { StoreUnavailableError } from '@castellan/core/kernel';
import type { Transaction } from 'kysely';
import { bounded } from './bounded.ts';
import { withKyselyTransaction } from './connection-dialect.ts';
import { type Driver, type Runner, type RunOptions, type Values, valuesNow } from './driver.ts';
import { faultOf, sqlStateOf } from './fault.ts';
import type { PgliteLike, PgliteQueries } from './pglite-like.ts';
import { rejectionOf } from './rejection.ts';
import { checkServer } from './server-check.ts';
import type { Statement } from './statement.ts';
import { connectionWaitMs, statementMs } from './time-limits.ts';
import { TransactionAbortedError } from './transaction-aborted.ts';

/**
 * The same verbs on PostgreSQL in this process. One connection: everybody waits for the transaction that is open, and
 * whoever asks for the database beside a transaction of its own would wait for itself, so that is refused.
 */
export function pgliteDriver<DB>(pglite: PgliteLike): Driver<Transaction<DB>> {
  const inside = new AsyncLocalStorage<true>();
  const refuseInside = (): void => {
    if (inside.getStore()) {
      throw new TypeError('PGlite has one connection: inside a transaction use that transaction, not the store');
    }
  };

  const driver: Driver<Transaction<DB>> = {
    maxFlights: 1,
    untended: true,

    async run<R extends object>(statement: Statement, values: Values, how: RunOptions) {
      refuseInside();
      const limitMs = Math.min(
        connectionWaitMs + (how.timeoutMs ?? statementMs),
        how.withinMs ?? Number.POSITIVE_INFINITY,
      );
      return query<R>(pglite, statement, values, limitMs);
    },

    async transaction<T>(work: (runner: Runner, tx: Transaction<DB>) => Promise<T>) {
      refuseInside();
      try {
        return await pglite.transaction((tx) => inside.run(true, () => unit(tx, work)));
      } catch (error) {
        throw rejectionOf(faultOf(error, 'work'), error);
      }
    },

    start: () => checkServer(driver),
    // the handle is the caller's
    stop: async () => {},
  };
  return driver;
}

async function unit<DB, T>(tx: PgliteQueries, work: (runner: Runner, tx: Transaction<DB>) => Promise<T>): Promise<T> {
  let failure: unknown;
  const seen = async <V>(answer: Promise<V>): Promise<V> => {
    try {
      return await answer;
    } catch (error) {
      failure ??= error;
      throw error;
    }
  };
  const runner: Runner = {
    run: <R extends object>(statement: Statement, values: Values, how: { timeoutMs?: number }) =>
      seen(query<R>(tx, statement, values, how.timeoutMs ?? statementMs)),
  };
  const value = await withKyselyTransaction<DB, T>(
    async (text, values) => {
      const { rows, affectedRows } = await seen(tx.query<unknown>(text, [...values]));
      return { command: commandOf(text), rowCount: affectedRows ?? null, rows };
    },
    (kysely) => work(runner, kysely),
  );
  if (failure !== undefined) await refuseAborted(tx, failure);
  return value;
}

/** A statement failed and the work went on: unless a savepoint has saved it, COMMIT would be a ROLLBACK. */
async function refuseAborted(tx: PgliteQueries, failure: unknown): Promise<void> {
  try {
    await tx.query('select 1');
  } catch {
    throw new TransactionAbortedError({ cause: failure });
  }
}

async function query<R extends object>(
  on: PgliteQueries,
  statement: Statement,
  values: Values,
  limitMs: number,
): Promise<readonly R[]> {
  const answer = on.query<R>(statement.text, [...valuesNow(values)]);
  try {
    const late = (): Error => new StoreUnavailableError('postgres', `no answer within ${Math.round(limitMs)} ms`);
    return (await bounded(answer, limitMs, late)).rows;
  } catch (error) {
    // without SQLSTATE it is the handle that speaks: it was closed
    throw rejectionOf(sqlStateOf(error) === undefined ? 'unavailable' : faultOf(error), error);
  }
}

/** PGlite does not tell the command; the caller's statements begin with it, or with the CTEs of it. */
function commandOf(text: string): string {
  const first = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? '';
  if (first !== 'WITH') return first;
  return (
    /\b(insert\s+into|update|delete\s+from|merge\s+into)\b/i.exec(text)?.[1]?.split(/\s/)[0]?.toUpperCase() ?? first
  );
}
