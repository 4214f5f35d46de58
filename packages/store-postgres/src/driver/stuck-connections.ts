import type { PoolLike } from './pool-like.ts';
import { connectionWaitMs } from './time-limits.ts';

/**
 * Ends connections of the pool that are being opened and do not get anywhere (a server that has fallen silent answers no
 * handshake). The caller's pool does so itself when it has a `connectionTimeoutMillis`; without one each of them would
 * hold a place for ever, and the pool would stay dead after the server is back.
 * @returns what to call when a connection did not come in time
 */
export function stuckConnections(pool: PoolLike): () => void {
  const noticed = new WeakSet<object>();
  return () => {
    if (hasTimeout(pool)) return;
    for (const client of clientsOf(pool)) {
      if (noticed.has(client) || !isConnecting(client)) continue;
      noticed.add(client);
      const timer = setTimeout(() => {
        if (isConnecting(client)) destroySocket(client);
      }, connectionWaitMs);
      timer.unref();
    }
  };
}

/** pg keeps the socket at `client.connection.stream`; where it does not, releasing as broken has to do. */
export function destroySocket(client: object): void {
  const stream = member(member(client, 'connection'), 'stream');
  const destroy = member(stream, 'destroy');
  if (typeof destroy === 'function') destroy.call(stream);
}

/** All clients of a pool of `pg`, also those that nobody has checked out since we know it. */
export function clientsOf(pool: PoolLike): readonly object[] {
  const clients = member(pool, '_clients');
  return Array.isArray(clients) ? clients : [];
}

function hasTimeout(pool: PoolLike): boolean {
  return Number(member(member(pool, 'options'), 'connectionTimeoutMillis') ?? 0) > 0;
}

function isConnecting(client: object): boolean {
  return member(client, '_connecting') === true;
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Reflect.get(of, name) : undefined;
}
