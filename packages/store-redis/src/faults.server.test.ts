import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '@castellan/core/kernel';
import type { LimitBucket, LimitRule } from '@castellan/core/limits';
import { Redis, type RedisOptions } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../../../tests/support/fault-proxy.ts';
import { type RedisServer, startRedisServer } from '../../../tests/support/redis-server.ts';
import { type RedisLimitStore, redisLimitStore } from './redis-limit-store.ts';

const DEADLINE_MS = 60;
/** What a busy machine may add. */
const SLACK_MS = 250;

let server: RedisServer;
let proxy: FaultProxy;
const clients: Redis[] = [];

beforeAll(async () => {
  server = await startRedisServer();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await proxy?.stop();
});
afterAll(() => server.stop());

const rule: LimitRule = { kind: 'window', limit: 10, windowUs: 3_600_000_000 };
let buckets = 0;
const freshBucket = (): LimitBucket => ({ key: `fault-${++buckets}`, partition: `caller-${buckets}`, rule, cost: 1 });
/** Of calls that are to be answered: a busy machine may take longer than the deadline. */
const PATIENT_MS = 10_000;
const ask = async (store: RedisLimitStore, bucket: LimitBucket, deadlineMs?: number): Promise<number | undefined> =>
  (await store.consume([{ buckets: [bucket], times: 1 }], deadlineMs))[0]?.buckets[0]?.remaining;
const served = (store: RedisLimitStore, bucket: LimitBucket) => ask(store, bucket, PATIENT_MS);
const left = (store: RedisLimitStore, bucket: LimitBucket) => served(store, { ...bucket, cost: 0 });

function clientOf(port: number, options: Pick<RedisOptions, 'retryStrategy' | 'lazyConnect'> = {}): Redis {
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 20, ...options });
  client.on('error', () => {});
  clients.push(client);
  return client;
}

/** A store whose connection goes through the proxy, and has served. */
async function servedStore(bucket: LimitBucket): Promise<RedisLimitStore> {
  proxy = await startFaultProxy(server.port);
  const client = clientOf(proxy.port);
  const store = redisLimitStore(client, { deadline: `${DEADLINE_MS}ms` });
  await healed(store, bucket);
  return store;
}

async function expectUnavailable(call: Promise<unknown>): Promise<number> {
  const sent = performance.now();
  await expect(call).rejects.toBeInstanceOf(StoreUnavailableError);
  const took = performance.now() - sent;
  expect(took).toBeLessThan(DEADLINE_MS + SLACK_MS);
  return took;
}

/** Asks until it serves again. */
async function healed(store: RedisLimitStore, bucket: LimitBucket): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await delay(10)) {
    try {
      await ask(store, { ...bucket, cost: 0 });
      return;
    } catch (error) {
      expect(error).toBeInstanceOf(StoreUnavailableError);
    }
  }
  throw new Error('it did not heal');
}

test('a server that falls silent: every call ends at its deadline, and none of them is carried out afterwards', async () => {
  const bucket = freshBucket();
  const store = await servedStore(bucket);
  expect(await served(store, bucket)).toBe(9);
  server.freeze();
  try {
    const calls = Array.from({ length: 5 }, () => expectUnavailable(ask(store, bucket)));
    for (const took of await Promise.all(calls)) expect(took).toBeGreaterThanOrEqual(DEADLINE_MS - 5);
    await delay(50);
  } finally {
    server.thaw();
  }
  await healed(store, bucket);
  expect(await left(store, bucket)).toBe(9);
});

test('a slow server: what is later than the deadline is refused, and charges nothing', async () => {
  const bucket = freshBucket();
  const store = await servedStore(bucket);
  expect(await served(store, bucket)).toBe(9);
  await clientOf(server.port).client('PAUSE', DEADLINE_MS * 3, 'ALL');
  await expectUnavailable(ask(store, bucket));
  await healed(store, bucket);
  expect(await left(store, bucket)).toBe(9);
});

test('connections that are refused: no call waits for the deadline, none is kept for later', async () => {
  const bucket = freshBucket();
  const store = await servedStore(bucket);
  expect(await served(store, bucket)).toBe(9);
  proxy.cut();
  await delay(5);
  for (let i = 0; i < 20; i++) {
    await expectUnavailable(ask(store, bucket));
    await delay(3);
  }
  proxy.heal();
  await healed(store, bucket);
  expect(await left(store, bucket)).toBe(9);
});

test('a server that never was there: the first call ends at its deadline at the latest', async () => {
  const client = clientOf(1);
  const store = redisLimitStore(client, { deadline: `${DEADLINE_MS}ms` });
  for (let i = 0; i < 5; i++) await expectUnavailable(ask(store, freshBucket()));
});

test('a connection that is lost behind a script: it was carried out once, though the client sends it again', async () => {
  const bucket = freshBucket();
  proxy = await startFaultProxy(server.port);
  // as slow as ioredis is by itself, or slower: what it sends again comes behind the deadline
  const client = clientOf(proxy.port, { retryStrategy: () => DEADLINE_MS + 20 });
  const store = redisLimitStore(client, { deadline: `${DEADLINE_MS}ms` });
  await healed(store, bucket);
  expect(await served(store, bucket)).toBe(9);
  proxy.loseAnswerTo('evalsha');
  await expectUnavailable(ask(store, bucket));
  await proxy.lost;
  await healed(store, bucket);
  expect(await left(store, bucket)).toBe(8);
});

test('a client that is not connected yet connects, and its first checks are answered', async () => {
  const client = clientOf(server.port, { lazyConnect: true });
  const store = redisLimitStore(client, { deadline: '5s' });
  const bucket = freshBucket();
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(store, bucket)));
  expect(answers.filter((remaining) => remaining === 0)).toHaveLength(11);
});

test('a process that stood still for longer than the deadline still finds its answer', async () => {
  const bucket = freshBucket();
  // not through the proxy, which would stand still as well
  const store = redisLimitStore(clientOf(server.port), { deadline: `${DEADLINE_MS}ms` });
  await healed(store, bucket);
  const call = ask(store, bucket);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  for (const end = performance.now() + DEADLINE_MS * 3; performance.now() < end; );
  expect(await call).toBe(9);
});

test('a server without memory refuses, and says so', async () => {
  const bucket = freshBucket();
  const store = await servedStore(bucket);
  const admin = clientOf(server.port);
  await admin.config('SET', 'maxmemory', '1');
  try {
    await expect(ask(store, bucket)).rejects.toThrow('redis: refused by the server (OOM)');
  } finally {
    await admin.config('SET', 'maxmemory', '0');
  }
  expect(await served(store, bucket)).toBe(9);
});

test('a server that restarts is empty and does not know the scripts: it serves on', async () => {
  const bucket = freshBucket();
  const store = await servedStore(bucket);
  expect(await served(store, bucket)).toBe(9);
  await server.killServer();
  await expectUnavailable(ask(store, bucket));
  await server.startServer();
  await healed(store, bucket);
  expect(await served(store, bucket)).toBe(9);
});

test('a client that was ended says so at once', async () => {
  const client = clientOf(server.port);
  const store = redisLimitStore(client, { deadline: `${DEADLINE_MS}ms` });
  await healed(store, freshBucket());
  client.disconnect();
  await delay(20);
  await expectUnavailable(ask(store, freshBucket()));
});

test('options that make no sense are refused when the store is made', () => {
  const client = clientOf(server.port);
  expect(() => redisLimitStore(client, { prefix: '{a}' })).toThrow(TypeError);
  expect(() => redisLimitStore(client, { deadline: '0ms' })).toThrow(TypeError);
  expect(() => redisLimitStore(client, { deadline: 'soon' as '1s' })).toThrow(TypeError);
});
