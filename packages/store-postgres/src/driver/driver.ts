import type { Statement } from './statement.ts';

/**
 * What a driver binds. Times go as text of {@link timestampValue}, JSON as JSON text; the statement casts
 * (`$1::timestamptz`, `$2::jsonb`, `$3::bytea[]`). No `Date`, no `undefined`: the drivers disagree about them.
 */
export type BindValue = string | number | boolean | null | Uint8Array | readonly BindValue[];

/**
 * What may be repeated after the connection was lost with the outcome unknown.
 * `read`: changes nothing. `idempotent`: the same call again is safe (ids and successors were chosen before the call).
 * `never`: only what was certainly not executed, or was rolled back by the server, is tried again.
 */
export type Retry = 'read' | 'idempotent' | 'never';

/** What a statement is given; a function where it depends on the moment at which the statement is sent. */
export type Values = readonly BindValue[] | (() => readonly BindValue[]);

/** The values of a statement that is about to be sent. */
export function valuesNow(values: Values): readonly BindValue[] {
  return typeof values === 'function' ? values() : values;
}

/** A statement with what it is given. */
export interface Query {
  readonly statement: Statement;
  readonly values: Values;
}

/** How a statement learns that it was carried out by a try whose outcome is unknown. */
export interface Recall {
  /** Waits, by a lock in share mode on what the statement locks, until such a try has ended if it is still under way. */
  readonly settled?: Query;
  /** Asked next: its rows are what that try would have answered. None: it was not carried out. */
  readonly answer: Query;
}

/** How a statement or a transaction is carried out. */
export interface RunOptions {
  readonly retry: Retry;
  /**
   * Asked before a statement is sent again after the connection was lost, and never otherwise: first tries pay nothing.
   * Only for single statements with `retry: 'idempotent'`.
   */
  readonly recall?: () => Recall;
  /** How long one statement may take, ms. One second later its connection is destroyed. Default 5,000; hot paths 1,000. */
  readonly timeoutMs?: number;
  /** How long everything may take, ms: waiting for a connection, the statement, tries. Default: no bound of its own. */
  readonly withinMs?: number;
}

/** Carries out one statement. */
export interface Runner {
  /**
   * Rows as objects by column name; read their values through `columns.ts`, the drivers' parsers differ.
   * @throws StoreUnavailableError when the database is away, or its answer did not come in time.
   * @throws DatabaseConflict when a constraint was violated (SQLSTATE class 23): a result, for the verb to tell.
   * Other errors of SQL (a mistake in the statement, a missing table or right) are thrown as they are.
   */
  run<R extends object>(statement: Statement, values: Values, options: RunOptions): Promise<readonly R[]>;
}

/** A way to reach PostgreSQL. `Tx` is the transaction that the caller's own code gets: Kysely's `Transaction<DB>`. */
export interface Driver<Tx> extends Runner {
  /**
   * BEGIN … COMMIT on one connection; `work` gets a runner and Kysely's transaction on that connection. A throw rolls all
   * back and comes out as it is. The whole unit is carried out again where it was certainly rolled back; after a lost
   * COMMIT only with `retry: 'idempotent'`. `work` must therefore have no effects outside of the transaction.
   * The options of the runner's `run` bound the single statement; its `retry` means nothing inside a transaction.
   */
  transaction<T>(work: (runner: Runner, tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** How many flights of one group commit pay at the same time; 0: batches are pointless here, ask singly. */
  readonly maxFlights: number;
  /** No autovacuum here: nobody looks after the tables' statistics but us. */
  readonly untended?: true;
  /** Refuses (`TypeError`) a server older than 15 and a default isolation level above READ COMMITTED. */
  start(): Promise<void>;
  /** Ends what the driver opened itself; never the caller's pool. */
  stop(): Promise<void>;
}

/** How a transaction is carried out. */
export interface TransactionOptions extends Omit<RunOptions, 'retry' | 'recall'> {
  /** Whether the unit may be carried out again when the answer to COMMIT was lost. Default `never`. */
  readonly retry?: 'idempotent' | 'never';
}
