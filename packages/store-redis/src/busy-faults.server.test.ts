import { setTimeout as delay } from 'node:timers/promises';
import { distributedLimits, type LimitBucket, type LimitRule } from '@castellan/core/limits';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RedisServer, startRedisServer } from '../../../tests/support/redis-server.ts';
import { redisLimitStore } from './redis-limit-store.ts';

/** The default of the whole library. */
const DEADLINE_MS = 25;
/** What an answer may be late after its deadline has come, by a timer of the same process: a machine does other things too. */
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
  const took: number[] = [];
  const late: number[] = [];
  const ask = async (name: string): Promise<number> => {
    const sent = performance.now();
    const answers = limits.consume([{ buckets: [bucketOf(name)], times: 1 }]);
    let due = Number.POSITIVE_INFINITY;
    const timer = setTimeout(() => {
      due = performance.now();
    }, DEADLINE_MS);
    const [answer] = await answers;
    clearTimeout(timer);
    took.push(performance.now() - sent);
    late.push(performance.now() - due);
    return answer?.granted ?? 0;
  };
  await Promise.all([client.ping(), other.ping()]);
  // of these nothing is expected but the count
  const patient = redisLimitStore(client, { deadline: '10s' });
  const leftOfAlice = async () => (await patient.consume([{ buckets: [bucketOf('alice')], times: 1 }]))[0]?.buckets;
  for (let i = 0; i < 10; i++) await leftOfAlice();
  expect(await leftOfAlice()).toMatchObject([{ remaining: 29 }]);

  // a script of somebody else's that never ends, behind which ours wait
  const endless = other.eval('while true do end', 0).catch(() => {});
  await delay(5);
  let granted = 0;
  const before = took.length;
  for (const end = Date.now() + 400; Date.now() < end; await delay(2)) granted += await ask('bob');
  expect(events).toEqual(['unavailable']);
  expect(granted).toBe(10);

  await server.killServer();
  await endless;
  for (let i = 0; i < 20; i++) {
    granted += await ask('bob');
    await delay(2);
  }
  expect(granted).toBe(10);
  const asked = took.length - before;
  // the process may be stopped between the two: of each hundred, all but one
  expect(late.filter((ms) => ms > SLACK_MS).length).toBeLessThanOrEqual(Math.max(1, asked / 100));
  expect(Math.max(...took.slice(before))).toBeLessThan(DEADLINE_MS + 250);

  await server.startServer();
  for (const end = Date.now() + 20_000; !events.includes('recovered'); await delay(20)) {
    if (Date.now() > end) throw new Error('it did not recover');
    await ask('carol');
  }
  expect(await leftOfAlice()).toMatchObject([{ remaining: 39 }]);
});
