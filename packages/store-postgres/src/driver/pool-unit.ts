import type { Transaction } from 'kysely';
import { withKyselyTransaction } from './connection-dialect.ts';
import { type BindValue, type Runner, type Values, valuesNow } from './driver.ts';
import { type Fault, faultOf } from './fault.ts';
import { faultOnLease, isUnfit } from './lease-fault.ts';
import type { Lease } from './pool-lease.ts';
import type { PoolAnswer, PoolQuery } from './pool-like.ts';
import { rejectionOf } from './rejection.ts';
import type { Attempt, Place } from './retry.ts';
import type { Statement } from './statement.ts';
import { idleInTransactionMs, lockMs, watchdogGraceMs } from './time-limits.ts';
import { TransactionAbortedError } from './transaction-aborted.ts';

/** How one attempt at a transaction is carried out. */
export interface UnitMeans {
  /** Of one statement, ms. */
  readonly timeoutMs: number;
  readonly query: (statement: Statement, values: readonly BindValue[]) => PoolQuery;
  /** Whether nobody waits for the outcome any more: then it is rolled back rather than committed. */
  readonly overdue: () => boolean;
}

/**
 * One attempt at BEGIN … COMMIT on a leased connection, which it releases. An error that came from this connection is
 * told from one of the caller's own code by having been seen here, not by its looks.
 */
export async function runUnit<DB, T>(
  lease: Lease,
  work: (runner: Runner, tx: Transaction<DB>) => Promise<T>,
  means: UnitMeans,
): Promise<Attempt<T>> {
  const seen = new Map<unknown, { readonly fault: Fault; readonly error: unknown }>();
  const failed = (place: Place, error: unknown): Attempt<T> => {
    const { fault, error: origin } = seen.get(error) ?? { fault: faultOf(error, 'work'), error };
    lease.release(isUnfit(lease, fault, origin));
    return { ok: false, fault, place, error };
  };
  const send = async (query: PoolQuery, timeoutMs: number): Promise<PoolAnswer> => {
    try {
      return await lease.query(query, timeoutMs + watchdogGraceMs);
    } catch (error) {
      seen.set(error, { fault: faultOnLease(lease, error), error });
      throw error;
    }
  };
  const runner: Runner = {
    async run<R extends object>(statement: Statement, values: Values, how: { timeoutMs?: number }) {
      try {
        const { rows } = await send(means.query(statement, valuesNow(values)), how.timeoutMs ?? means.timeoutMs);
        return rows as R[];
      } catch (error) {
        const origin = seen.get(error) ?? { fault: faultOf(error), error };
        const rejection = rejectionOf(origin.fault, error);
        seen.set(rejection, origin);
        throw rejection;
      }
    },
  };

  let value: T;
  try {
    await send({ text: beginText(means.timeoutMs) }, means.timeoutMs);
    value = await withKyselyTransaction<DB, T>(
      (text, values) => send({ text, values: [...values] }, means.timeoutMs),
      (tx) => work(runner, tx),
    );
  } catch (error) {
    await rollBack(lease, means.timeoutMs);
    return failed('unit', error);
  }
  if (means.overdue()) {
    await rollBack(lease, means.timeoutMs);
    lease.release(lease.lost());
    return { ok: false, fault: 'unavailable', place: 'unit', error: new Error('the time was over before COMMIT') };
  }
  try {
    const { command } = await send({ text: 'commit' }, means.timeoutMs);
    if (command !== 'ROLLBACK') {
      lease.release(false);
      return { ok: true, value };
    }
  } catch (error) {
    return failed('commit', error);
  }
  const [first] = seen.values();
  lease.release(false);
  // swallowed or not: what the server itself rolled back may be carried out again
  const fault = first?.fault === 'rolled_back' ? first.fault : 'mistake';
  return { ok: false, fault, place: 'unit', error: new TransactionAbortedError({ cause: first?.error }) };
}

/**
 * One round trip. The level is named, so that a server's default cannot change the verdicts. The limits end with the
 * transaction: the connection is the host's.
 */
function beginText(timeoutMs: number): string {
  return [
    'begin isolation level read committed',
    `set local statement_timeout = ${Math.ceil(timeoutMs)}`,
    `set local lock_timeout = ${lockMs}`,
    `set local idle_in_transaction_session_timeout = ${idleInTransactionMs}`,
  ].join('; ');
}

/** A connection that cannot even roll back is lost; the server then does it. */
async function rollBack(lease: Lease, timeoutMs: number): Promise<void> {
  if (lease.lost()) return;
  try {
    await lease.query({ text: 'rollback' }, timeoutMs + watchdogGraceMs);
  } catch {
    lease.release(true);
  }
}
