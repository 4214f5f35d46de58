/** What carries statements on PGlite: the handle itself, or its transaction. */
export interface PgliteQueries {
  query<R>(text: string, values?: unknown[]): Promise<{ rows: R[]; affectedRows?: number }>;
}

/** What the PGlite driver needs of a handle; `PGlite` itself has it too. One connection: work waits its turn. */
export interface PgliteLike extends PgliteQueries {
  /** BEGIN … COMMIT with nothing of anybody else in between; a throw rolls back. */
  transaction<T>(work: (tx: PgliteQueries) => Promise<T>): Promise<T>;
}
