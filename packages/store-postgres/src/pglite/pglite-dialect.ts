import {
  type DatabaseConnection,
  type Dialect,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type TransactionSettings,
} from 'kysely';
import type { Answer } from './connection.ts';

/** What the dialect needs of an open database. */
export interface DialectDatabase {
  query(text: string, values: readonly unknown[]): Promise<Answer>;
  /** A transaction of its own turn, ended by the caller. */
  begin(statement: string): Promise<OpenTransaction>;
}

/** A transaction under way. */
export interface OpenTransaction {
  query(text: string, values: readonly unknown[]): Promise<Answer>;
  /** COMMIT or ROLLBACK; the turn ends with it. */
  end(statement: 'commit' | 'rollback'): Promise<void>;
}

/** Kysely on the same database. Queries outside of a transaction take a turn each; a transaction keeps its turn. */
export function pgliteDialect(database: DialectDatabase): Dialect {
  const open = new WeakMap<DatabaseConnection, OpenTransaction>();
  const transactionOf = (connection: DatabaseConnection): OpenTransaction => {
    const transaction = open.get(connection);
    if (!transaction) throw new Error('PGlite: no transaction is open on this connection');
    return transaction;
  };
  const end = async (connection: DatabaseConnection, statement: 'commit' | 'rollback'): Promise<void> => {
    const transaction = transactionOf(connection);
    open.delete(connection);
    await transaction.end(statement);
  };
  const inside = async (connection: DatabaseConnection, text: string): Promise<void> => {
    await transactionOf(connection).query(text, []);
  };

  return {
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createDriver: () => ({
      init: async () => {},
      async acquireConnection() {
        const connection: DatabaseConnection = {
          async executeQuery(query) {
            const answer = await (open.get(connection) ?? database).query(query.sql, query.parameters);
            return resultOf(answer);
          },
          streamQuery() {
            throw new Error('PGlite cannot stream');
          },
        };
        return connection;
      },
      async beginTransaction(connection, settings) {
        open.set(connection, await database.begin(beginText(settings)));
      },
      commitTransaction: (connection) => end(connection, 'commit'),
      rollbackTransaction: (connection) => end(connection, 'rollback'),
      savepoint: (connection, name) => inside(connection, `savepoint ${quoted(name)}`),
      rollbackToSavepoint: (connection, name) => inside(connection, `rollback to savepoint ${quoted(name)}`),
      releaseSavepoint: (connection, name) => inside(connection, `release savepoint ${quoted(name)}`),
      releaseConnection: async () => {},
      destroy: async () => {}, // the database is closed by its handle
    }),
  };
}

function resultOf<R>({ rows, command, rowCount }: Answer): { rows: R[]; numAffectedRows?: bigint } {
  // the caller's type of its own rows
  const result = { rows: rows as R[] };
  return WRITES.has(command) ? { ...result, numAffectedRows: BigInt(rowCount ?? 0) } : result;
}

const WRITES: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);

function beginText({ isolationLevel, accessMode }: TransactionSettings): string {
  return ['begin', isolationLevel && `isolation level ${isolationLevel}`, accessMode].filter(Boolean).join(' ');
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
