import { bounded } from './bounded.ts';
import { AnswerLateError, ConnectionWaitError } from './fault.ts';
import type { PoolAnswer, PoolClientLike, PoolLike, PoolQuery } from './pool-like.ts';
import { clientsOf, destroySocket, stuckConnections } from './stuck-connections.ts';

/** One checked-out connection. Released exactly once. */
export interface Lease {
  /**
   * Sends a query. When no answer has come after `limitMs` the socket is destroyed and the call rejects with
   * `AnswerLateError`; the outcome is then unknown. (pg's own `query_timeout` would leave the connection in the pool
   * with the statement still running on it.)
   */
  query(query: PoolQuery, limitMs: number): Promise<PoolAnswer>;
  /** Whether the connection has failed below us. */
  lost(): boolean;
  /** Gives the connection back; a broken one is thrown away. Later calls do nothing. */
  release(broken: boolean): void;
}

/** Connections of a pool that cannot end the process. */
export interface Leases {
  /** @throws ConnectionWaitError when none has come in `waitMs`; one that comes later goes back at once. */
  checkout(waitMs: number): Promise<Lease>;
}

/**
 * Guards a pool: a connection that fails while nobody listens to it ends the process, in the pool and (what
 * `pool.on('error')` does not cover) while it is checked out.
 */
export function poolLeases(pool: PoolLike): Leases {
  const watched = new WeakSet<PoolClientLike>();
  const failed = new WeakSet<PoolClientLike>();
  const watch = (client: PoolClientLike): void => {
    if (watched.has(client)) return;
    watched.add(client);
    client.on('error', () => failed.add(client));
  };
  // the error itself reaches whoever had a query under way; an idle connection's has nobody to tell
  pool.on('error', () => {});
  pool.on('connect', watch);
  pool.on('acquire', watch);
  for (const client of clientsOf(pool)) if (isClient(client)) watch(client);
  const endStuck = stuckConnections(pool);

  return {
    async checkout(waitMs) {
      const client = await connected(pool, waitMs, endStuck);
      watch(client);
      return leaseOf(client, () => failed.has(client));
    },
  };
}

function leaseOf(client: PoolClientLike, lost: () => boolean): Lease {
  let released = false;
  const release = (broken: boolean): void => {
    if (released) return;
    released = true;
    client.release(broken);
  };
  return {
    lost,
    release,
    query(query, limitMs) {
      // by now the connection may serve somebody else
      if (released) return Promise.reject(new TypeError('the transaction is over'));
      return bounded(client.query(query), limitMs, () => {
        // in this order: a pipelining client would first wait for the answer that does not come
        destroySocket(client);
        release(true);
        return new AnswerLateError(`no answer within ${limitMs} ms`);
      });
    },
  };
}

function connected(pool: PoolLike, waitMs: number, endStuck: () => void): Promise<PoolClientLike> {
  const connecting = pool.connect();
  return bounded(connecting, waitMs, () => {
    endStuck();
    connecting.then(
      (late) => late.release(),
      () => {},
    );
    return new ConnectionWaitError(`no connection within ${waitMs} ms`);
  });
}

function isClient(client: object): client is PoolClientLike {
  return 'on' in client && 'query' in client;
}
