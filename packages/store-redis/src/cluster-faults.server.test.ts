import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '@castellan/core/kernel';
import { distributedLimits, type LimitBucket, type LimitRule } from '@castellan/core/limits';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RedisCluster, startRedisCluster } from '../../../tests/support/redis-cluster.ts';
import { type RedisLimitStore, redisLimitStore } from './redis-limit-store.ts';

const rule: LimitRule = { kind: 'window', limit: 1000, windowUs: 3_600_000_000 };
const bucketOf = (name: string): LimitBucket => ({ key: 'requests', partition: name, rule, cost: 1 });

describe('three masters with replicas', () => {
  const deadlineMs = 60;
  let cluster: RedisCluster;
  let client: Cluster;
  beforeAll(async () => {
    cluster = await startRedisCluster({ replicas: 1 });
    client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })));
    client.on('error', () => {});
  });
  afterAll(async () => {
    client.disconnect();
    await cluster.stop();
  });

  test('a master that dies: its callers are told in time, the others are served, and its replica takes over', async () => {
    const store = redisLimitStore(client, { deadline: `${deadlineMs}ms` });
    const callers = Array.from({ length: 60 }, (_, i) => bucketOf(`caller-${i}`));
    const ask = async (bucket: LimitBucket): Promise<'served' | 'unavailable'> => {
      const sent = performance.now();
      try {
        await store.consume([{ buckets: [bucket], times: 1 }]);
        return 'served';
      } catch (error) {
        expect(error).toBeInstanceOf(StoreUnavailableError);
        expect(performance.now() - sent).toBeLessThan(deadlineMs + 250);
        return 'unavailable';
      }
    };
    const allServe = async (): Promise<boolean> =>
      (await Promise.all(callers.map(ask))).every((outcome) => outcome === 'served');
    const until = async (serves: () => Promise<boolean>): Promise<void> => {
      for (const end = Date.now() + 30_000; !(await serves()); await delay(20))
        if (Date.now() > end) throw new Error('it did not heal');
    };
    await until(allServe);

    await cluster.masters[0]?.killServer();
    const outcomes = await Promise.all(callers.map(ask));
    expect(outcomes).toContain('unavailable');
    expect(outcomes).toContain('served');
    await until(allServe);
  });
});

describe('three masters behind the whole of it', () => {
  let cluster: RedisCluster;
  let client: Cluster;
  beforeAll(async () => {
    // until the others notice: from then on they refuse as well, unless told not to (cluster-require-full-coverage)
    cluster = await startRedisCluster({ nodeTimeoutMs: 10_000 });
    client = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })));
    client.on('error', () => {});
  });
  afterAll(async () => {
    client.disconnect();
    await cluster.stop();
  });

  test('checks of one turn that go to a dead master are decided without it, those of the other slots by the store', async () => {
    const lost: unknown[] = [];
    const limits = distributedLimits(redisLimitStore(client), {
      deadline: '500ms',
      onStoreFailure: 'deny',
      leases: false,
      onUnavailable: (error) => lost.push(error),
    });
    // of each round others: who asks again while the call before is still awaited would be asked about after all the rest
    const callersOf = (round: number) => Array.from({ length: 60 }, (_, i) => bucketOf(`turn-${round}-${i}`));
    const ask = async (bucket: LimitBucket): Promise<{ readonly granted: boolean; readonly tookMs: number }> => {
      const sent = performance.now();
      const [answer] = await limits.consume([{ buckets: [{ ...bucket, key: `k${bucket.partition}` }], times: 1 }]);
      return { granted: answer?.granted === 1, tookMs: performance.now() - sent };
    };
    expect((await Promise.all(callersOf(0).map(ask))).every(({ granted }) => granted)).toBe(true);

    await cluster.masters[0]?.killServer();
    for (let round = 1; round <= 4; round++) {
      const outcomes = await Promise.all(callersOf(round).map(ask));
      const served = outcomes.filter(({ granted }) => granted);
      expect(served.length).toBeGreaterThan(20);
      expect(served.length).toBeLessThan(60);
      for (const { tookMs } of served) expect(tookMs).toBeLessThan(450);
    }
    expect(lost).toEqual([]);
  });
});

describe('a cluster behind one connection', () => {
  let cluster: RedisCluster;
  let client: Redis;
  let store: RedisLimitStore;
  beforeAll(async () => {
    cluster = await startRedisCluster({ masters: 1 });
    client = new Redis(cluster.nodes[0]?.url ?? '');
    store = redisLimitStore(client, { deadline: '5s' });
  });
  afterAll(async () => {
    client.disconnect();
    await cluster.stop();
  });

  test('budgets in several slots are no outage: each partition is asked by itself', async () => {
    const buckets = Array.from({ length: 5 }, (_, i) => bucketOf(`behind-${i}`));
    for (const remaining of [999, 998]) {
      const [answer] = await store.consume([{ buckets, times: 1 }]);
      expect(answer?.granted).toBe(1);
      expect(answer?.buckets.map((bucket) => bucket.remaining)).toEqual(Array(5).fill(remaining));
    }
  });
});
