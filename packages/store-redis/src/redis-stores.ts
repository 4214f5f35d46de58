import type { LimitStore } from '@castellan/core/limits';
import type { RedisLike } from './redis-like.ts';
import { type RedisLimitOptions, redisLimitStore } from './redis-limit-store.ts';

/** How the stores work. */
export type RedisOptions = RedisLimitOptions;

/** What Redis is for: what must be fast and may be lost. */
export interface RedisStores {
  readonly limits: LimitStore;
}

/**
 * The stores on Redis, for `stores: { ...postgresStores(pool), ...redisStores(redis) }`.
 *
 * @param redis ioredis's `Redis`, also behind Sentinel, or `Cluster`; it stays the caller's
 * @throws TypeError for options that make no sense
 */
export function redisStores(redis: RedisLike, options: RedisOptions = {}): RedisStores {
  return { limits: redisLimitStore(redis, options) };
}
