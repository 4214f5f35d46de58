import pg from 'pg';

/**
 * A pool whose server or database is taken away below it. `pool.end()` does not wait until its connections have gone:
 * one that is still taking its leave is told that the server ends, and pg emits that on the client and on the pool,
 * where an 'error' that nobody hears ends the process.
 */
export function doomedPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool(config);
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}
