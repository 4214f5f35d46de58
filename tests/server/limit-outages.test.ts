import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type DistributedLimits,
  type DistributedLimitsOptions,
  distributedLimits,
  type LimitAnswer,
  type LimitRule,
} from '@castellan/core/limits';
import { redisLimitStore } from '@castellan/store-redis';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type RedisServer, startRedisServer } from '../support/redis-server.ts';

/**
 * What a caller sees of a Redis that goes away, with the deadline that is the default, and how long an answer takes.
 * The times are printed: they are what is promised, and a test machine that is busy with others cannot be held to them.
 */
const DEADLINE_MS = 25;
/** What a busy machine may add. */
const SLACK_MS = 100;
const rule: LimitRule = { kind: 'window', limit: 40, windowUs: 60_000_000 };

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

async function ask(
  limits: DistributedLimits,
  key: string,
): Promise<{ readonly answer: LimitAnswer; readonly ms: number }> {
  const start = performance.now();
  const [answer] = await limits.consume([{ buckets: [{ key, partition: key, rule, cost: 1 }], times: 1 }]);
  if (!answer) throw new Error('no answer');
  return { answer, ms: performance.now() - start };
}

interface Outage {
  readonly limits: DistributedLimits;
  readonly events: string[];
}
/** A process that was served. */
async function served(options: DistributedLimitsOptions = {}): Promise<Outage> {
  proxy = await startFaultProxy(server.port);
  client = new Redis({ port: proxy.port, host: '127.0.0.1', retryStrategy: () => 50 });
  client.on('error', () => {});
  await client.ping();
  const events: string[] = [];
  const limits = distributedLimits(redisLimitStore(client, { prefix: `outage-${randomUUID()}:` }), {
    expectedInstances: 4,
    onUnavailable: () => events.push('unavailable'),
    onRecovered: () => events.push('recovered'),
    ...options,
  });
  for (let i = 0; i < 20; i++) await ask(limits, 'warm');
  return { limits, events };
}

/** One check after the other of different callers, then many of one while nobody waits any more; prints the times. */
async function goThrough(name: string, { limits, events }: Outage): Promise<void> {
  const first: number[] = [];
  for (let i = 0; events.length === 0 && i < 20; i++) first.push((await ask(limits, `caller ${i}`)).ms);
  const later: number[] = [];
  let passed = 0;
  for (let i = 0; i < 2000; i++) {
    const { answer, ms } = await ask(limits, 'caller');
    later.push(ms);
    passed += answer.granted;
  }
  later.sort((a, b) => a - b);
  const [p50 = 0, p99 = 0] = [later[1000], later[1980]];
  console.log(
    `${name}: first checks ${first.map((ms) => ms.toFixed(1)).join(', ')} ms; then p50 ${(p50 * 1000).toFixed(1)} µs, p99 ${(p99 * 1000).toFixed(1)} µs`,
  );
  // three failures open the breaker; who comes before the last of them is known is answered, and does not wait
  expect(first.length).toBeGreaterThanOrEqual(3);
  expect(first.filter((ms) => ms > DEADLINE_MS / 2).length).toBeLessThanOrEqual(3);
  expect(Math.max(...first)).toBeLessThan(DEADLINE_MS + SLACK_MS);
  expect(p50).toBeLessThan(1);
  // its share of the limit, and what came back meanwhile
  expect(passed).toBe(10);
  expect(events).toEqual(['unavailable']);
}

async function recovers({ limits, events }: Outage): Promise<void> {
  for (const end = Date.now() + 20_000; events.length < 2 && Date.now() < end; await delay(20))
    await ask(limits, 'probe');
  expect(events).toEqual(['unavailable', 'recovered']);
}

test('a Redis that falls silent, and comes back with its counts', async () => {
  const outage = await served();
  proxy.freeze();
  await goThrough('silent', outage);
  proxy.heal();
  client.disconnect(true); // what was open while it was silent can never go on
  await recovers(outage);
  const { answer } = await ask(outage.limits, 'warm');
  expect(answer.buckets[0]?.remaining).toBe(19);
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
  expect((await ask(outage.limits, 'warm')).answer.buckets[0]?.remaining).toBe(39);
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
