import { setTimeout as delay } from 'node:timers/promises';
import { distributedLimits, type LimitBucket, type LimitRule } from '@castellan/core/limits';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RedisSentinel, startRedisSentinel } from '../../../tests/support/redis-sentinel.ts';
import { redisLimitStore } from './redis-limit-store.ts';

const LIMIT = 20;
const rule: LimitRule = { kind: 'window', limit: LIMIT, windowUs: 3_600_000_000 };
const bucketOf = (name: string): LimitBucket => ({ key: `k${name}`, partition: name, rule, cost: 1 });

let sentinel: RedisSentinel;
let client: Redis;
beforeAll(async () => {
  sentinel = await startRedisSentinel();
  client = new Redis({
    sentinels: [{ host: '127.0.0.1', port: sentinel.port }],
    name: sentinel.name,
    sentinelRetryStrategy: () => 50,
    retryStrategy: () => 50,
  });
  client.on('error', () => {});
});
afterAll(async () => {
  client.disconnect();
  await sentinel.stop();
});

test('a master that dies behind Sentinel: meanwhile each process limits by itself, then its replica goes on from the same counts', async () => {
  const events: string[] = [];
  const deadlineMs = 60;
  const store = redisLimitStore(client);
  // of what is not about the deadline: a busy machine may take longer than that to answer
  const spend = async (name: string): Promise<number | undefined> =>
    (await store.consume([{ buckets: [bucketOf(name)], times: 1 }], 10_000))[0]?.buckets[0]?.remaining;
  const limits = distributedLimits(store, {
    deadline: `${deadlineMs}ms`,
    leases: false,
    expectedInstances: 4,
    onUnavailable: () => events.push('unavailable'),
    onRecovered: () => events.push('recovered'),
  });
  const ask = async (name: string) => {
    const sent = performance.now();
    const [answer] = await limits.consume([{ buckets: [bucketOf(name)], times: 1 }]);
    return { granted: answer?.granted ?? 0, ms: performance.now() - sent };
  };
  await client.ping();
  for (let i = 0; i < 12; i++) await spend('alice');
  expect(await spend('alice')).toBe(LIMIT - 13);
  await client.wait(1, 2000);

  await sentinel.master.killServer();
  let granted = 0;
  for (let i = 0; i < 40; i++) {
    const answer = await ask('bob');
    granted += answer.granted;
    expect(answer.ms).toBeLessThan(deadlineMs + 250);
    await delay(5);
  }
  expect(granted).toBe(LIMIT / 4);
  expect(events).toEqual(['unavailable']);

  for (const end = Date.now() + 30_000; !events.includes('recovered'); await delay(20)) {
    if (Date.now() > end) throw new Error('it did not fail over');
    await ask('carol');
  }
  expect(await client.info('replication')).toContain('role:master');
  expect(await spend('alice')).toBe(LIMIT - 14);
});
