import type { LimitStore } from '@castellan/core/limits';
import { redisStores } from '@castellan/store-redis';
import { Redis } from 'ioredis';

/** Where limits are counted, and how that is closed. */
export interface OpenLimitStore {
  readonly stores: { readonly limits?: LimitStore };
  /** For the health report. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  close(): Promise<void>;
}

/** Redis when there is a URL, so that all processes count together; else this process counts by itself. */
export function openLimitStore(redisUrl: string): OpenLimitStore {
  if (redisUrl === '') return { stores: {}, checks: {}, close: async () => {} };
  const redis = new Redis(redisUrl, { enableOfflineQueue: false, maxRetriesPerRequest: 0 });
  redis.on('error', () => {}); // the library tells of it once per outage
  return {
    stores: redisStores(redis),
    checks: { redis: () => redis.ping() },
    close: async () => redis.disconnect(),
  };
}
