import { setTimeout as delay } from 'node:timers/promises';
import { distributedLimits, type LimitBucket, type LimitRule } from '@castellan/core/limits';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RedisServer, startRedisServer } from '../../../tests/support/redis-server.ts';
import { redisLimitStore } from './redis-limit-store.ts';

/** The default of the whole library. */
const DEADLINE_MS = 25;
/** What the event loop may be late, on a machine that does other things as well. */
const SLACK_MS = 5;

const rule: LimitRule = { kind: 'window', limit: 40, windowUs: 3_600_000_000 };
const bucketOf = (name: string): LimitBucket => ({ key: `k${name}`, partition: name, rule, cost: 1 });

let server: RedisServer;
let client: Redis;
let other: Redis;
beforeAll(async () => {
  // a script is one that takes too long after 200 ms: until then nobody hears anything, and BUSY from then on
  server = await startRedisServer({ args: ['--lua-time-limit', '200'] });
  const options = { port: server.port, host: '127.0.0.1', retryStrategy: () => 20 };
  client = new Redis(options);
  other = new Redis({ ...options, maxRetriesPerRequest: 0 });
  for (const one of [client, other]) one.on('error', () => {});
});
afterAll(async () => {
  client.disconnect();
  other.disconnect();
  await server.stop();
});

test('a Redis that is killed in the middle of a script: answers come in time, the limit holds, and it serves on', async () => {
  const events: string[] = [];
  const limits = distributedLimits(redisLimitStore(client), {
    leases: false,
    expectedInstances: 4,
    onUnavailable: () => events.push('unavailable'),
    onRecovered: () => events.push('recovered'),
  });
  let latest = Number.NaN;
  const ask = async (name: string) => {
    const sent = performance.now();
    const [answer] = await limits.consume([{ buckets: [bucketOf(name)], times: 1 }]);
    latest = performance.now() - sent;
    return { granted: answer?.granted ?? 0, left: answer?.buckets[0]?.remaining ?? -1 };
  };
  await Promise.all([client.ping(), other.ping()]);
  for (let i = 0; i < 10; i++) await ask('alice');
  expect(await ask('alice')).toEqual({ granted: 1, left: 29 });

  // a script of somebody else's that never ends, behind which ours wait
  const endless = other.eval('while true do end', 0).catch(() => {});
  await delay(5);
  let granted = 0;
  const waited: number[] = [];
  for (const end = Date.now() + 400; Date.now() < end; await delay(2)) {
    granted += (await ask('bob')).granted;
    waited.push(latest);
  }
  expect(events).toEqual(['unavailable']);
  expect(granted).toBe(10);

  await server.killServer();
  await endless;
  for (let i = 0; i < 20; i++) {
    granted += (await ask('bob')).granted;
    waited.push(latest);
    await delay(2);
  }
  expect(granted).toBe(10);
  // one who is late because this process was is no rule: of each hundred, all but one
  const late = waited.filter((ms) => ms > DEADLINE_MS + SLACK_MS);
  expect(late.length).toBeLessThanOrEqual(Math.max(1, waited.length / 100));
  expect(Math.max(...waited)).toBeLessThan(DEADLINE_MS + 250);

  await server.startServer();
  for (const end = Date.now() + 20_000; !events.includes('recovered'); await delay(20)) {
    if (Date.now() > end) throw new Error('it did not recover');
    await ask('carol');
  }
  expect(await ask('alice')).toEqual({ granted: 1, left: 39 });
});
