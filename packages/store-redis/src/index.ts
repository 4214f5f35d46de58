/**
 * Castellan's stores on Redis.
 * @packageDocumentation
 */

export type { RedisArgument, RedisLike } from './redis-like.ts';
export { type RedisLimitOptions, type RedisLimitStore, redisLimitStore } from './redis-limit-store.ts';
export { type RedisOptions, type RedisStores, redisStores } from './redis-stores.ts';
