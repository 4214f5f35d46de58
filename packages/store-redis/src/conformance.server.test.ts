import { randomBytes } from 'node:crypto';
import { type LimitHarness, limitStoreCases, skewDate } from '@castellan/testkit';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { type RedisCluster, startRedisCluster } from '../../../tests/support/redis-cluster.ts';
import { budgetName } from './budget-name.ts';
import { partitionKey } from './partition-key.ts';
import { redisLimitStore } from './redis-limit-store.ts';
import { sectionsOf, valueWith } from './sections.cases.ts';

/** Of the racing cases, and of the compared sequences; fewer for a quick look. */
const rounds = Number(process.env['TEST_RACING_ROUNDS'] ?? 100);
const sequences = Number(process.env['TEST_SEQUENCES'] ?? 10_000);

function harnessOf(clients: readonly [Redis | Cluster, Redis | Cluster, Redis | Cluster]): LimitHarness {
  const prefix = `test-${randomBytes(6).toString('hex')}:`;
  const options = { prefix, deadline: '20s' } as const;
  const [first, second, third] = clients;
  const keyOf = partitionKey(prefix);
  return {
    instances: [redisLimitStore(first, options), redisLimitStore(second, options), redisLimitStore(third, options)],
    timed: (now) => redisLimitStore(first, { ...options, now }),
    skewAppClock: skewDate,
    keeps: async ({ partition }) => (await first.exists(keyOf(partition))) === 1,
    async spoil(bucket) {
      // its section only: it shares its value with those beside it
      const key = keyOf(bucket.partition);
      const name = Buffer.alloc(6);
      name.writeUIntLE(budgetName(bucket), 0, 6);
      const value = (await first.getBuffer(key)) ?? Buffer.alloc(8);
      const noCount = { name, numbers: Buffer.alloc(12, 0xff), tail: Buffer.alloc(0) };
      const others = sectionsOf(value).filter((one) => !one.name.equals(name));
      await first.set(key, valueWith([noCount, ...others], value), 'PX', 60_000);
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
