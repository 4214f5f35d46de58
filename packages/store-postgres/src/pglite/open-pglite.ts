import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { monotonicClock } from '@castellan/core/kernel';
import { PGlite } from '@electric-sql/pglite';
import { Kysely } from 'kysely';
import pg from 'pg';
import type { PgliteLike } from '../driver/pglite-like.ts';
import { type Answer, connection } from './connection.ts';
import { type HeldLock, takeLock } from './lock-file.ts';
import { type OpenTransaction, pgliteDialect } from './pglite-dialect.ts';
import { createTurns } from './turns.ts';

/** Where the database lives. */
export interface PgliteOptions {
  /** The folder that holds the data; made when it is missing. Left out: in memory, gone with the process. */
  readonly folder?: string;
  /** How long to wait for another process to leave the folder, ms. Default 5,000. */
  readonly lockWaitMs?: number;
}

/** PostgreSQL in this process: for development, tests and one small node. */
export interface PgliteHandle extends PgliteLike, AsyncDisposable {
  /** Kysely on the same database, for the app's own tables; its queries and the library's take turns. */
  kysely<DB>(): Kysely<DB>;
  /** Waits for what is under way, closes the database and frees the folder. */
  close(): Promise<void>;
}

/** How long a query waits for the transaction before it, ms. */
const TURN_MS = 10_000;

/**
 * Opens PostgreSQL in process (PGlite). Survives the death of the process at any moment, but not a power cut: it does
 * not force its writes to the disk.
 *
 * @throws Error when another process has the folder open
 */
export async function openPglite(options: PgliteOptions = {}): Promise<PgliteHandle> {
  if (options.folder === undefined) return pgliteHandle(await PGlite.create(), undefined);
  const folder = resolve(options.folder);
  const lock = await takeLock(folder, { waitMs: options.lockWaitMs ?? 5000 });
  try {
    return pgliteHandle(await openFolder(folder), lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * A database whose making was cut short can't be opened: it is made anew. A mark stands beside the folder as long as it
 * is made, and only beside one that was empty.
 */
async function openFolder(folder: string): Promise<PGlite> {
  const mark = `${folder}.making`;
  if (existsSync(mark)) rmSync(folder, { recursive: true, force: true });
  if (existsSync(join(folder, 'PG_VERSION'))) return PGlite.create(folder);
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Error(`the folder ${folder} is not empty and holds no database`);
  writeFileSync(mark, '');
  const pglite = await PGlite.create(folder);
  rmSync(mark, { force: true });
  return pglite;
}

function pgliteHandle(pglite: PGlite, lock: HeldLock | undefined): PgliteHandle {
  const turns = createTurns(monotonicClock);
  const database = connection(
    (messages) => pglite.execProtocolRawSync(messages),
    // what the app gets over pg, it gets here
    (type) => pg.types.getTypeParser(type, 'text'),
  );
  let closing: Promise<void> | undefined;

  const turn = async (): Promise<() => void> => {
    if (closing !== undefined) throw new Error('PGlite: the database is closed');
    const end = await turns.take(TURN_MS);
    await turns.breathe();
    return end;
  };
  const query = async (text: string, values: readonly unknown[]): Promise<Answer> => {
    const end = await turn();
    try {
      const answer = database.query(text, values);
      // a BEGIN of its own would take in everybody else's statements
      if (database.inTransaction()) {
        database.query('rollback', []);
        throw new TypeError('PGlite: use transaction(), not BEGIN');
      }
      return answer;
    } finally {
      end();
    }
  };
  const begin = async (statement: string): Promise<OpenTransaction> => {
    const endTurn = await turn();
    let isOpen = true;
    try {
      database.query(statement, []);
    } catch (error) {
      endTurn();
      throw error;
    }
    return {
      async query(text, values) {
        if (!isOpen) throw new Error('PGlite: the transaction is over');
        await turns.breathe();
        return database.query(text, values);
      },
      async end(how) {
        if (!isOpen) return;
        isOpen = false;
        try {
          const { command } = database.query(how, []);
          if (how === 'commit' && command === 'ROLLBACK')
            throw new Error('PGlite: a statement of the transaction had failed, so it was rolled back');
        } finally {
          endTurn();
        }
      },
    };
  };
  const close = async (): Promise<void> => {
    try {
      // a transaction that never ends does not keep the folder
      await turns.take(TURN_MS).catch(() => undefined);
      await pglite.close();
    } finally {
      lock?.release();
    }
  };

  const handle: PgliteHandle = {
    async query<R>(text: string, values: readonly unknown[] = []) {
      return resultOf<R>(await query(text, values));
    },
    async transaction(work) {
      const transaction = await begin('begin');
      try {
        const value = await work({
          query: async <R>(text: string, values: readonly unknown[] = []) =>
            resultOf<R>(await transaction.query(text, values)),
        });
        await transaction.end('commit');
        return value;
      } catch (error) {
        await transaction.end('rollback');
        throw error;
      }
    },
    kysely: <DB>() => new Kysely<DB>({ dialect: pgliteDialect({ query, begin }) }),
    close() {
      closing ??= close();
      return closing;
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
  return handle;
}

function resultOf<R>({ rows, rowCount }: Answer): { rows: R[]; affectedRows?: number } {
  // the caller's type of its own rows
  const result = { rows: rows as R[] };
  return rowCount === null ? result : { ...result, affectedRows: rowCount };
}
