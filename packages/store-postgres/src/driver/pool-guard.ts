import type { PoolClientLike, PoolLike } from './pool-like.ts';
import { clientsOf } from './stuck-connections.ts';

/** Listens to the connections of a pool, so that none of them can end the process. */
export interface PoolGuard {
  /** Listens to a client, once however often it is asked to. */
  watch(client: PoolClientLike): void;
  /** Whether the connection has failed below us. */
  hasFailed(client: PoolClientLike): boolean;
}

// on the pool itself: several stores over one pool listen once
const guard: unique symbol = Symbol('castellan.pool-guard');

/**
 * A connection that fails while nobody listens to it ends the process: idle in the pool, and (what `pool.on('error')`
 * does not cover) checked out. Also for clients that were connected before we were given the pool.
 */
export function guardPool(pool: PoolLike & { [guard]?: PoolGuard }): PoolGuard {
  if (pool[guard]) return pool[guard];
  const watched = new WeakSet<PoolClientLike>();
  const failed = new WeakSet<PoolClientLike>();
  const watch = (client: PoolClientLike): void => {
    if (watched.has(client)) return;
    watched.add(client);
    client.on('error', () => failed.add(client));
  };
  const made: PoolGuard = { watch, hasFailed: (client) => failed.has(client) };
  // the error itself reaches whoever had a query under way; an idle connection's has nobody to tell
  pool.on('error', () => {});
  pool.on('connect', watch);
  pool.on('acquire', watch);
  for (const client of clientsOf(pool)) if (isClient(client)) watch(client);
  Object.defineProperty(pool, guard, { value: made });
  return made;
}

function isClient(client: object): client is PoolClientLike {
  return 'on' in client && 'query' in client;
}
