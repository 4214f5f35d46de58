import { bounded } from './bounded.ts';
import { AnswerLateError, ConnectionWaitError } from './fault.ts';
import { guardPool } from './pool-guard.ts';
import type { PoolAnswer, PoolClientLike, PoolLike, PoolQuery } from './pool-like.ts';
import { destroySocket, stuckConnections } from './stuck-connections.ts';

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

/** Where leases come from. */
export interface Leases {
  /** @throws ConnectionWaitError when none has come in `waitMs`; one that comes later goes back at once. */
  checkout(waitMs: number): Promise<Lease>;
}

/** Leases over a pool whose connections are listened to from now on. */
export function poolLeases(pool: PoolLike): Leases {
  const guard = guardPool(pool);
  const endStuck = stuckConnections(pool);
  return {
    async checkout(waitMs) {
      const client = await connected(pool, waitMs, endStuck);
      guard.watch(client);
      return leaseOf(client, () => guard.hasFailed(client));
    },
  };
}

function leaseOf(client: PoolClientLike, lost: () => boolean): Lease {
  let released: 'whole' | 'broken' | undefined;
  const release = (broken: boolean): void => {
    if (released) return;
    released = broken ? 'broken' : 'whole';
    client.release(broken);
  };
  return {
    lost,
    release,
    query(query, limitMs) {
      if (released === 'broken') return Promise.reject(new AnswerLateError('the connection was given up'));
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
