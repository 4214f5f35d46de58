import { RateLimiterRedis } from 'rate-limiter-flexible';
import { LIMIT, WINDOW_MS } from './callers.ts';
import { benchRedis } from './redis.ts';

/** rate-limiter-flexible as its documentation sets it up on Redis, and the headers that it tells people to set. */
export function flexibleLimiter(): (caller: string, set: (name: string, value: string) => void) => Promise<void> {
  const limiter = new RateLimiterRedis({ storeClient: benchRedis(), points: LIMIT, duration: WINDOW_MS / 1000 });
  return async (caller, set) => {
    const { remainingPoints, msBeforeNext } = await limiter.consume(caller);
    set('X-RateLimit-Limit', String(LIMIT));
    set('X-RateLimit-Remaining', String(remainingPoints));
    set('X-RateLimit-Reset', String(Math.ceil((Date.now() + msBeforeNext) / 1000)));
  };
}
