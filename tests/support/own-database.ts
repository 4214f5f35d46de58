import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { doomedPool } from './doomed-pool.ts';

/** A database of one test file, on the server that all of them share. */
export interface OwnDatabase {
  readonly url: string;
  /** A pool that is ended with the database. */
  pool(options?: pg.PoolConfig): pg.Pool;
  drop(): Promise<void>;
}

/** Makes a database on the server of `serverUrl`. */
export async function ownDatabase(serverUrl: string): Promise<OwnDatabase> {
  const name = `castellan_${randomBytes(6).toString('hex')}`;
  const admin = new pg.Pool({ connectionString: serverUrl, max: 1 });
  await admin.query(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const pools: pg.Pool[] = [];
  return {
    url: url.href,
    pool(options) {
      const pool = doomedPool({ connectionString: url.href, max: 8, ...options });
      pools.push(pool);
      return pool;
    },
    async drop() {
      await Promise.all(pools.filter((pool) => !pool.ending).map((pool) => pool.end()));
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}
