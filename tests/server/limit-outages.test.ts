import { randomUUID } from 'node:crypto';
import { type DistributedLimitsOptions, distributedLimits } from '@castellan/core/limits';
import { redisLimitStore } from '@castellan/store-redis';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';
import { ask, DEADLINE_MS, goThrough, type Outage, recovers, SLACK_MS, spend } from './limits/outage.ts';

/** What a caller sees of a Redis that goes away, with the deadline that is the default, and how long an answer takes. */

let server: RedisServer;
let proxy: FaultProxy;
let client: Redis;

beforeAll(async () => {
  server = await startRedisServer();
});
afterEach(async () => {
  client.disconnect();
  await proxy.stop();
});
afterAll(() => server.stop());

/** A process that was served. */
async function served(options: DistributedLimitsOptions = {}): Promise<Outage> {
  proxy = await startFaultProxy(server.port);
  client = new Redis({ port: proxy.port, host: '127.0.0.1', retryStrategy: () => 50 });
  client.on('error', () => {});
  await client.ping();
  const events: string[] = [];
  const store = redisLimitStore(client, { prefix: `outage-${randomUUID()}:` });
  const limits = distributedLimits(store, {
    expectedInstances: 4,
    onUnavailable: () => events.push('unavailable'),
    onRecovered: () => events.push('recovered'),
    ...options,
  });
  for (let i = 0; i < 20; i++) await spend(store, 'warm');
  return { store, limits, events };
}

test('a Redis that falls silent, and comes back with its counts', async () => {
  const outage = await served();
  proxy.freeze();
  await goThrough('silent', outage);
  proxy.heal();
  client.disconnect(true); // what was open while it was silent can never go on
  await recovers(outage);
  expect(await spend(outage.store, 'warm')).toBe(19);
});

test('a Redis whose process is stopped accepts connections and never answers', async () => {
  const outage = await served();
  server.freeze();
  try {
    await goThrough('accepts and never answers', outage);
  } finally {
    server.thaw();
  }
  await recovers(outage);
});

test('a Redis that refuses connections', async () => {
  const outage = await served();
  proxy.cut();
  await goThrough('refuses connections', outage);
  proxy.heal();
  await recovers(outage);
});

test('a Redis that loses the answer to a check: it is charged, and its caller is told in time', async () => {
  const { limits } = await served({ onStoreFailure: 'deny' });
  proxy.loseAnswerTo('EVALSHA'.toLowerCase(), 'silence');
  const { answer, ms } = await ask(limits, 'lost');
  expect(answer.granted).toBe(0);
  expect(ms).toBeLessThan(DEADLINE_MS + SLACK_MS);
});

test('a Redis that dies and restarts empty serves on, with fresh counts', async () => {
  const outage = await served();
  await server.killServer();
  await goThrough('dead', outage);
  await server.startServer();
  await recovers(outage);
  expect(await spend(outage.store, 'warm')).toBe(39);
});

test('checks that many callers make at once while it falls silent wait together, and no longer than one', async () => {
  const outage = await served();
  proxy.freeze();
  const times = await Promise.all(
    Array.from({ length: 500 }, async (_, i) => (await ask(outage.limits, `one of ${i}`)).ms),
  );
  console.log(`500 at once: slowest ${Math.max(...times).toFixed(1)} ms`);
  expect(Math.max(...times)).toBeLessThan(DEADLINE_MS + SLACK_MS);
});
