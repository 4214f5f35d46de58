import { type MonotonicClock, monotonicClock, StoreUnavailableError } from '@castellan/core/kernel';
import type { Transaction } from 'kysely';
import { bounded } from './bounded.ts';
import { type BindValue, type Driver, type Query, type RunOptions, type Values, valuesNow } from './driver.ts';
import { faultOf } from './fault.ts';
import { faultOnLease, isUnfit } from './lease-fault.ts';
import { type Lease, type Leases, poolLeases } from './pool-lease.ts';
import type { PoolAnswer, PoolLike, PoolQuery } from './pool-like.ts';
import { runUnit } from './pool-unit.ts';
import { recalledOr } from './recalled.ts';
import { rejectionOf } from './rejection.ts';
import { type Attempt, type Failure, withRetries } from './retry.ts';
import { sentValue } from './sent-value.ts';
import { checkServer } from './server-check.ts';
import { sharedReads } from './shared-reads.ts';
import type { Statement } from './statement.ts';
import { connectionWaitMs, statementMs, watchdogGraceMs } from './time-limits.ts';
import { valueParsers } from './value-parsers.ts';

/** How our driver uses the caller's pool. */
export interface PoolDriverOptions {
  /** Statements are named and planned once per connection. `false` for poolers that lose names. Default true. */
  readonly preparedStatements?: boolean;
  /** For tests. */
  readonly clock?: MonotonicClock;
  /** For tests: in [0, 1). */
  readonly random?: () => number;
}

/**
 * Our driver over the caller's own `pg.Pool`: named statements, a watchdog, retry by what the fault allows, and error
 * listeners without which a killed backend would end the process.
 */
export function poolDriver<DB>(pool: PoolLike, options: PoolDriverOptions = {}): Driver<Transaction<DB>> {
  if (poolOption(pool, 'binary') === true)
    throw new TypeError('postgresStores: a pool with `binary: true` is not supported');
  const named = options.preparedStatements ?? true;
  const leases = poolLeases(pool);
  const readLeases = poolOption(pool, 'pipeline') === true ? sharedReads(leases) : leases;
  const means = {
    clock: options.clock ?? monotonicClock,
    random: options.random ?? Math.random,
    pause: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };

  const driver: Driver<Transaction<DB>> = {
    maxFlights: 2,

    async run<R extends object>(statement: Statement, values: Values, how: RunOptions) {
      const limitMs = (how.timeoutMs ?? statementMs) + watchdogGraceMs;
      const withinMs = how.withinMs ?? Number.POSITIVE_INFINITY;
      const tries = withRetries<readonly R[]>(means, { retry: how.retry, withinMs }, async (before, leftMs) => {
        const checkout = await tryCheckout(how.retry === 'read' ? readLeases : leases, leftMs);
        if (!checkout.ok) return checkout;
        const lease = checkout.value;
        try {
          const send = (query: Query): Promise<PoolAnswer> =>
            lease.query(queryOf(query.statement, valuesNow(query.values), named && !hadBrokenPlan(before)), limitMs);
          const query = { statement, values };
          const value =
            before.length === 0
              ? ((await send(query)).rows as R[])
              : await recalledOr(query, how, before, async (again) => (await send(again)).rows as R[]);
          lease.release(false);
          return { ok: true, value };
        } catch (error) {
          const fault = faultOnLease(lease, error);
          lease.release(isUnfit(lease, fault, error));
          return { ok: false, fault, place: 'statement', error };
        }
      });
      const result = await (withinMs === Number.POSITIVE_INFINITY
        ? tries
        : bounded(
            tries,
            withinMs,
            () => new StoreUnavailableError('postgres', `no answer within ${Math.round(withinMs)} ms`),
          ));
      if (result.ok) return result.value;
      throw rejectionOf(result.fault, result.error);
    },

    async transaction(work, how = {}) {
      const withinMs = how.withinMs ?? Number.POSITIVE_INFINITY;
      const timeoutMs = how.timeoutMs ?? statementMs;
      const result = await withRetries(means, { retry: how.retry ?? 'never', withinMs }, async (before, leftMs) => {
        const checkout = await tryCheckout(leases, leftMs);
        if (!checkout.ok) return checkout;
        const deadline = means.clock() + leftMs;
        return runUnit(checkout.value, work, {
          timeoutMs,
          query: (statement, values) => queryOf(statement, values, named && !hadBrokenPlan(before)),
          overdue: () => means.clock() > deadline,
        });
      });
      if (result.ok) return result.value;
      throw rejectionOf(result.fault, result.error);
    },

    start: () => checkServer(driver),
    // the pool is the caller's
    stop: async () => {},
  };
  return driver;

  async function tryCheckout(from: Leases, leftMs: number): Promise<Attempt<Lease>> {
    try {
      return { ok: true, value: await from.checkout(Math.max(0, Math.min(connectionWaitMs, leftMs))) };
    } catch (error) {
      return { ok: false, fault: faultOf(error, 'connect'), place: 'unit', error };
    }
  }
}

function queryOf(statement: Statement, values: readonly BindValue[], named: boolean): PoolQuery {
  const query = { text: statement.text, values: values.map(sentValue), types: valueParsers };
  return named && statement.name !== '' ? { ...query, name: statement.name } : query;
}

/** On every connection of the pool the plan may be as stale as on this one; without a name there is none. */
function hadBrokenPlan(before: readonly Failure[]): boolean {
  return before.some((failure) => failure.fault === 'broken_plan');
}

function poolOption(pool: object, name: string): unknown {
  const options: unknown = Reflect.get(pool, 'options');
  return typeof options === 'object' && options !== null ? Reflect.get(options, name) : undefined;
}
