import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type Transaction,
} from 'kysely';

/** What one statement of the caller's own code gives. */
export interface StatementResult {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: unknown[];
}

/**
 * Runs `work` with Kysely's transaction over a connection on which our driver has begun one. BEGIN, COMMIT and ROLLBACK
 * are the driver's: it checks COMMIT's tag and knows what an answer that did not come means.
 */
export function withKyselyTransaction<DB, T>(
  execute: (text: string, values: readonly unknown[]) => Promise<StatementResult>,
  work: (tx: Transaction<DB>) => Promise<T>,
): Promise<T> {
  const kysely = new Kysely<DB>({ dialect: connectionDialect(connectionOver(execute)) });
  return kysely.transaction().execute(work);
}

function connectionOver(
  execute: (text: string, values: readonly unknown[]) => Promise<StatementResult>,
): DatabaseConnection {
  return {
    async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
      const { command, rowCount, rows } = await execute(query.sql, query.parameters);
      // what Kysely does over pg: rows are the caller's word for them
      const result = { rows: rows as R[] };
      return writes.has(command) ? { ...result, numAffectedRows: BigInt(rowCount ?? 0) } : result;
    },
    streamQuery() {
      throw new Error('a transaction of Castellan cannot stream');
    },
  };
}

const writes: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

function connectionDialect(connection: DatabaseConnection): Dialect {
  const nothing = async (): Promise<void> => {};
  return {
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createDriver: () => ({
      init: nothing,
      acquireConnection: async () => connection,
      beginTransaction: nothing,
      commitTransaction: nothing,
      rollbackTransaction: nothing,
      releaseConnection: nothing,
      destroy: nothing,
    }),
  };
}
