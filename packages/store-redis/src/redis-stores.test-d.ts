import type { LimitStore } from '@castellan/core/limits';
import type { Cluster, Redis } from 'ioredis';
import { expectTypeOf, test } from 'vitest';
import { redisStores } from './redis-stores.ts';

test('ioredis’s two clients are taken as they are', () => {
  expectTypeOf(redisStores).toBeCallableWith({} as Redis);
  expectTypeOf(redisStores).toBeCallableWith({} as Cluster);
  expectTypeOf(redisStores({} as Redis)).toEqualTypeOf<{ readonly limits: LimitStore }>();
});
