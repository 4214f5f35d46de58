import { type MonotonicClock, monotonicClock } from '@castellan/core/kernel';
import { CompiledQuery, type Kysely, type Transaction } from 'kysely';
import { bounded } from './bounded.ts';
import { type Driver, type Query, type Runner, type RunOptions, type Values, valuesNow } from './driver.ts';
import { AnswerLateError, ConnectionWaitError, type Fault, faultOf } from './fault.ts';
import { recalledOr } from './recalled.ts';
import { rejectionOf } from './rejection.ts';
import { type Attempt, type Place, withRetries } from './retry.ts';
import { checkServer } from './server-check.ts';
import type { Statement } from './statement.ts';
import { connectionWaitMs, statementMs, watchdogGraceMs } from './time-limits.ts';

/** Time and chance of the Kysely form; for tests. */
export interface KyselyDriverOptions {
  readonly clock?: MonotonicClock;
  /** In [0, 1). */
  readonly random?: () => number;
}

/**
 * The same verbs over a caller's `Kysely<DB>`. Kysely hides its clients: statements are unnamed (planned each time), and
 * a connection that has fallen silent cannot be thrown away, only its caller is told in time.
 */
export function kyselyDriver<DB>(db: Kysely<DB>, options: KyselyDriverOptions = {}): Driver<Transaction<DB>> {
  // the caller's plugins (camel case, say) would rename our columns
  const plain = db.withoutPlugins();
  const means = {
    clock: options.clock ?? monotonicClock,
    random: options.random ?? Math.random,
    pause: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };

  const driver: Driver<Transaction<DB>> = {
    maxFlights: 2,

    async run<R extends object>(statement: Statement, values: Values, how: RunOptions) {
      const withinMs = how.withinMs ?? Number.POSITIVE_INFINITY;
      const result = await withRetries<readonly R[]>(means, { retry: how.retry, withinMs }, async (before, leftMs) => {
        try {
          // the wait for a connection is part of it: Kysely does not tell when it has one
          const limitMs = Math.max(0, Math.min(connectionWaitMs + (how.timeoutMs ?? statementMs), leftMs));
          const ask = (query: Query): Promise<readonly R[]> =>
            executeOnConnection<DB, R>(plain, query.statement, query.values, limitMs);
          return { ok: true, value: await recalledOr({ statement, values }, how, before, ask) };
        } catch (error) {
          return { ok: false, fault: faultOf(error), place: 'statement', error };
        }
      });
      if (result.ok) return result.value;
      throw rejectionOf(result.fault, result.error);
    },

    async transaction<T>(
      work: (runner: Runner, tx: Transaction<DB>) => Promise<T>,
      how: { readonly retry?: 'idempotent' | 'never'; readonly withinMs?: number; readonly timeoutMs?: number } = {},
    ) {
      const withinMs = how.withinMs ?? Number.POSITIVE_INFINITY;
      const result = await withRetries<T>(means, { retry: how.retry ?? 'never', withinMs }, () =>
        attemptUnit(work, how.timeoutMs ?? statementMs),
      );
      if (result.ok) return result.value;
      throw rejectionOf(result.fault, result.error);
    },

    start: () => checkServer(driver),
    // the Kysely instance is the caller's
    stop: async () => {},
  };
  return driver;

  async function attemptUnit<T>(
    work: (runner: Runner, tx: Transaction<DB>) => Promise<T>,
    timeoutMs: number,
  ): Promise<Attempt<T>> {
    const faults = new Map<unknown, Fault>();
    const begun = Promise.withResolvers<void>();
    const worked = Promise.withResolvers<void>();
    let place: Place = 'unit';
    let abandoned = false;
    const unit = db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (tx) => {
        if (abandoned) throw new AnswerLateError('BEGIN came too late');
        begun.resolve();
        const value = await work(runnerOver(tx, timeoutMs, faults), tx);
        place = 'commit';
        worked.resolve();
        return value;
      });
    const late = (what: string) => (): Error => {
      abandoned = true;
      return new AnswerLateError(`no answer to ${what} in time`);
    };
    try {
      await bounded(Promise.race([begun.promise, unit]), connectionWaitMs + timeoutMs, late('BEGIN'));
      await Promise.race([worked.promise, unit]);
      return { ok: true, value: await bounded(unit, timeoutMs + watchdogGraceMs, late('COMMIT')) };
    } catch (error) {
      return { ok: false, fault: faults.get(error) ?? faultOf(error, 'work'), place, error };
    }
  }
}

/** A runner inside a transaction of Kysely: no tries of its own. What went wrong is noted under what it rejected with. */
export function runnerOver<DB>(tx: Transaction<DB>, timeoutMs: number, faults: Map<unknown, Fault>): Runner {
  const plain = tx.withoutPlugins();
  return {
    async run<R extends object>(statement: Statement, values: Values, how: { timeoutMs?: number }) {
      try {
        return await execute<R>(plain, statement, values, how.timeoutMs ?? timeoutMs);
      } catch (error) {
        const fault = faultOf(error);
        const rejection = rejectionOf(fault, error);
        faults.set(rejection, fault);
        throw rejection;
      }
    },
  };
}

async function execute<R extends object>(
  db: Pick<Kysely<unknown>, 'executeQuery'>,
  statement: Statement,
  values: Values,
  limitMs: number,
): Promise<readonly R[]> {
  return inTime(send<R>(db, statement, values), limitMs);
}

/** As {@link execute}; what is too late when a connection comes is not sent: its caller has been told, and moved on. */
async function executeOnConnection<DB, R extends object>(
  db: Kysely<DB>,
  statement: Statement,
  values: Values,
  limitMs: number,
): Promise<readonly R[]> {
  let abandoned = false;
  const answer = db.connection().execute((connection) => {
    if (abandoned) throw new ConnectionWaitError('the connection came too late');
    return send<R>(connection, statement, values);
  });
  return inTime(answer, limitMs, () => {
    abandoned = true;
  });
}

async function send<R extends object>(
  db: Pick<Kysely<unknown>, 'executeQuery'>,
  statement: Statement,
  values: Values,
): Promise<readonly R[]> {
  const { rows } = await db.executeQuery<R>(
    CompiledQuery.raw(statement.text, [...valuesNow(values)]) as CompiledQuery<R>,
  );
  return rows;
}

function inTime<T>(answer: Promise<T>, limitMs: number, late?: () => void): Promise<T> {
  return bounded(answer, limitMs, () => {
    late?.();
    return new AnswerLateError(`no answer within ${limitMs} ms`);
  });
}
