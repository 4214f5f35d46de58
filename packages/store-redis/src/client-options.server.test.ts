import { randomUUID } from 'node:crypto';
import type { LimitBucket, LimitRule } from '@castellan/core/limits';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type RedisCluster, startRedisCluster } from '../../../tests/support/redis-cluster.ts';
import type { RedisLike } from './redis-like.ts';
import { redisLimitStore } from './redis-limit-store.ts';

const rule: LimitRule = { kind: 'window', limit: 100, windowUs: 3_600_000_000 };

let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterAll(() => cluster.stop());

async function counts(client: Redis | Cluster): Promise<void> {
  const store = redisLimitStore(client, { deadline: '10s' });
  const run = randomUUID();
  const buckets = ['a', 'b', 'c', 'd'].map((name): LimitBucket => {
    const partition = `${name}-${run}`;
    return { key: `limit${partition}`, partition, rule, cost: 1 };
  });
  for (const remaining of [99, 98, 97]) {
    const answers = await Promise.all(buckets.map((bucket) => store.consume([{ buckets: [bucket], times: 1 }])));
    expect(answers.flat().map((answer) => answer.buckets[0]?.remaining)).toEqual(Array(4).fill(remaining));
  }
  client.disconnect();
}

const url = (): string => inject('redisUrl');
const nodes = () => cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
const clients: Readonly<Record<string, () => Redis | Cluster>> = {
  enableAutoPipelining: () => new Redis(url(), { enableAutoPipelining: true }),
  keyPrefix: () => new Redis(url(), { keyPrefix: 'app:' }),
  showFriendlyErrorStack: () => new Redis(url(), { showFriendlyErrorStack: true }),
  stringNumbers: () => new Redis(url(), { stringNumbers: true }),
  'enableAutoPipelining, of a cluster,': () => new Cluster(nodes(), { enableAutoPipelining: true }),
  'keyPrefix, of a cluster,': () => new Cluster(nodes(), { keyPrefix: 'app:' }),
};
for (const [option, connect] of Object.entries(clients))
  test(`a client with ${option} counts as any other`, () => counts(connect()));

test('a client of another library is refused when the store is made', () => {
  const other: RedisLike = {
    status: 'ready',
    connect: async () => {},
    time: async () => [],
    eval: async () => {},
    evalsha: async () => {},
    on: () => {},
    off: () => {},
  };
  expect(() => redisLimitStore(other)).toThrow(TypeError);
});
