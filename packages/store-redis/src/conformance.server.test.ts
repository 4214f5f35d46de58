import { randomBytes } from 'node:crypto';
import { type LimitHarness, limitStoreCases, skewDate } from '@castellan/testkit';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { type RedisCluster, startRedisCluster } from '../../../tests/support/redis-cluster.ts';
import { bucketKey } from './bucket-key.ts';
import { redisLimitStore } from './redis-limit-store.ts';

/** Of the racing cases, and of the compared sequences; fewer for a quick look. */
const rounds = Number(process.env['TEST_RACING_ROUNDS'] ?? 100);
const sequences = Number(process.env['TEST_SEQUENCES'] ?? 10_000);

function harnessOf(clients: readonly [Redis | Cluster, Redis | Cluster, Redis | Cluster]): LimitHarness {
  const prefix = `test-${randomBytes(6).toString('hex')}:`;
  const options = { prefix, deadline: '20s' } as const;
  const [first, second, third] = clients;
  const keyOf = bucketKey(prefix);
  return {
    instances: [redisLimitStore(first, options), redisLimitStore(second, options), redisLimitStore(third, options)],
    timed: (now) => redisLimitStore(first, { ...options, now }),
    skewAppClock: skewDate,
    keeps: async (bucket) => (await first.exists(keyOf(bucket))) === 1,
    async spoil(bucket) {
      await first.del(keyOf(bucket));
      await first.hset(keyOf(bucket), 'field', 'no count');
    },
    rounds,
    sequences,
  };
}

describe('Redis', () => {
  const clients = [0, 1, 2].map(() => new Redis(inject('redisUrl'))) as [Redis, Redis, Redis];
  const harness = harnessOf(clients);
  afterAll(() => clients.map((client) => client.disconnect()));
  for (const c of limitStoreCases) test(c.name, () => c.run(harness));
});

describe('Redis Cluster', () => {
  let cluster: RedisCluster;
  let clients: Cluster[];
  let harness: LimitHarness;
  beforeAll(async () => {
    cluster = await startRedisCluster();
    const nodes = cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }));
    clients = [0, 1, 2].map(() => new Cluster(nodes));
    harness = { ...harnessOf(clients as [Cluster, Cluster, Cluster]), apart: true };
  });
  afterAll(async () => {
    for (const client of clients) client.disconnect();
    await cluster.stop();
  });
  for (const c of limitStoreCases) test(c.name, () => c.run(harness));
});
