import { randomUUID } from 'node:crypto';
import { type DistributedLimitsOptions, distributedLimits } from '@castellan/core/limits';
import { createMigrations, postgresLimitStore } from '@castellan/store-postgres';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { doomedPool } from '../support/doomed-pool.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type PostgresServer, startPostgresServer } from '../support/postgres-server.ts';
import { ask, DEADLINE_MS, goThrough, type Outage, recovers, SLACK_MS, spend } from './limits/outage.ts';

/** What a caller sees of a PostgreSQL that goes away while limits are counted in it, with the deadline that is the default. */
let server: PostgresServer;
let proxy: FaultProxy;
let pool: pg.Pool;
/** Callers of one test. */
let prefix = '';

beforeAll(async () => {
  server = await startPostgresServer();
  const own = doomedPool({ connectionString: server.url });
  await createMigrations(own).up();
  await own.end();
});
afterEach(async () => {
  proxy.heal();
  await pool.end();
  await proxy.stop();
});
afterAll(() => server.stop());

/** A process that was served. */
async function served(options: DistributedLimitsOptions = {}): Promise<Outage> {
  proxy = await startFaultProxy(server.port);
  pool = new pg.Pool({ connectionString: proxy.through(server.url), max: 4, connectionTimeoutMillis: 2000 });
  prefix = randomUUID();
  const events: string[] = [];
  const store = postgresLimitStore(pool);
  const limits = distributedLimits(store, {
    expectedInstances: 4,
    onUnavailable: () => events.push('unavailable'),
    onRecovered: () => events.push('recovered'),
    maxError: 0,
    ...options,
  });
  for (let i = 0; i < 20; i++) await spend(store, `${prefix} warm`);
  return { store, limits, events };
}
const left = ({ store }: Outage): Promise<number | undefined> => spend(store, `${prefix} warm`);

test('a PostgreSQL that falls silent, and comes back with its counts', async () => {
  const outage = await served();
  proxy.freeze();
  await goThrough('silent', outage);
  proxy.heal();
  await recovers(outage);
  expect(await left(outage)).toBe(19);
});

test('a PostgreSQL that answers, but later than anybody waits', async () => {
  const outage = await served();
  proxy.slowDown(200);
  await goThrough('slow', outage);
  proxy.heal();
  await recovers(outage);
  expect(await left(outage)).toBe(19);
});

test('a PostgreSQL that refuses connections', async () => {
  const outage = await served();
  proxy.cut();
  await goThrough('refuses connections', outage);
  proxy.heal();
  await recovers(outage);
  expect(await left(outage)).toBe(19);
});

test('a PostgreSQL that is restarted keeps its counts', async () => {
  const outage = await served();
  await server.stopServer();
  try {
    await goThrough('stopped', outage);
  } finally {
    await server.startServer();
  }
  await recovers(outage);
  expect(await left(outage)).toBe(19);
});

test('one that was killed begins anew', async () => {
  const outage = await served();
  await server.killServer();
  try {
    await goThrough('killed', outage);
  } finally {
    await server.startServer();
  }
  await recovers(outage);
  expect(await left(outage)).toBe(39);
});

test('a row that somebody else holds makes nobody wait longer than the deadline', async () => {
  const outage = await served({ onStoreFailure: 'deny' });
  const other = doomedPool({ connectionString: server.url, max: 1 });
  const client = await other.connect();
  await client.query('begin');
  await client.query('lock table castellan.rate_limit in access exclusive mode');
  const { answer, ms } = await ask(outage.limits, `${prefix} warm`);
  expect(answer.granted).toBe(0);
  expect(ms).toBeLessThan(DEADLINE_MS + SLACK_MS);
  await client.query('rollback');
  client.release();
  await other.end();
});

test('an answer that is lost: the check is charged, and its caller is told in time', async () => {
  const { limits } = await served({ onStoreFailure: 'deny' });
  proxy.loseAnswerTo('lost', 'silence');
  const { answer, ms } = await ask(limits, `${prefix} lost`);
  expect(answer.granted).toBe(0);
  expect(ms).toBeLessThan(DEADLINE_MS + SLACK_MS);
});

test('checks that many callers make at once while it falls silent wait together, and no longer than one', async () => {
  const { limits } = await served();
  proxy.freeze();
  const times = await Promise.all(
    Array.from({ length: 500 }, async (_, i) => (await ask(limits, `${prefix} one of ${i}`)).ms),
  );
  console.log(`500 at once: slowest ${Math.max(...times).toFixed(1)} ms`);
  expect(Math.max(...times)).toBeLessThan(DEADLINE_MS + SLACK_MS);
});
