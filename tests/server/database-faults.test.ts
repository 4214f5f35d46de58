import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type PostgresServer, startPostgresServer } from '../support/postgres-server.ts';
import { accessToken, type HttpApp, type Reply, refreshToken, request, startHttpApp } from './http-app.ts';

let server: PostgresServer;
let proxy: FaultProxy;
let pool: pg.Pool;
let app: HttpApp;
const password = 'correct horse battery';
let number = 0;

beforeAll(async () => {
  server = await startPostgresServer({ fsync: true });
});
afterAll(() => server.stop());
beforeEach(async () => {
  proxy = await startFaultProxy(server.port);
  pool = new pg.Pool({ connectionString: proxy.through(server.url), max: 4, connectionTimeoutMillis: 2000 });
  app = await startHttpApp(pool, { sessions: { grace: '10s' } });
  return async () => {
    proxy.heal();
    await app.stop();
    await pool.end();
    await proxy.stop();
  };
});

const register = (): Promise<Reply> =>
  request(app.url, 'POST', '/auth/register', { body: { email: `user${++number}@example.com`, password } });
const refresh = (token: string): Promise<Reply> =>
  request(app.url, 'POST', '/auth/refresh', { body: { refresh_token: token } });
const whoami = (token: string): Promise<Reply> => request(app.url, 'GET', '/whoami', { token });

/** 503 within the deadline, with a word on when to come again and none on what is broken. */
async function expectUnavailable(send: () => Promise<Reply>): Promise<void> {
  const started = performance.now();
  const reply = await send();
  expect([reply.status, reply.body['status']]).toEqual([503, 503]);
  expect(['store_unavailable', 'busy']).toContain(reply.body['code']);
  expect(reply.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(reply.text).not.toMatch(/postgres|ECONN|127\.0\.0\.1|terminat/i);
  expect(performance.now() - started).toBeLessThan(7000); // connect 2 s, statement and watchdog, with room for a slow machine
}
async function eventually(send: () => Promise<Reply>, status: number): Promise<Reply> {
  const end = performance.now() + 20_000;
  for (;;) {
    const reply = await send();
    if (reply.status === status || performance.now() > end) return reply;
    expect([503, status]).toContain(reply.status);
  }
}

describe.each(['cut', 'freeze'] as const)('a database that is %s', (fault) => {
  test('is a 503 for everything, loses nothing, and the same token works when it is back', async () => {
    const account = await register();
    proxy[fault]();
    await expectUnavailable(() => refresh(refreshToken(account)));
    await expectUnavailable(() =>
      request(app.url, 'POST', '/auth/login', { body: { email: `user${number}@example.com`, password } }),
    );
    await expectUnavailable(() => whoami(accessToken(account))); // never seen before: its first use can't be told to the store
    proxy.heal();
    expect((await eventually(() => refresh(refreshToken(account)), 200)).status).toBe(200);
    expect((await eventually(() => whoami(accessToken(account)), 200)).status).toBe(200);
  });
});

test('a token that this process knows is a 503, not a 401 and not accepted, once the knowledge is older than maxStaleness', async () => {
  const account = await register();
  expect((await whoami(accessToken(account))).status).toBe(200);
  proxy.cut();
  const end = performance.now() + 15_000;
  let reply = await whoami(accessToken(account));
  while (reply.status === 200 && performance.now() < end) reply = await whoami(accessToken(account));
  expect([reply.status, reply.body['code']]).toEqual([503, 'store_unavailable']);
  proxy.heal();
  expect((await eventually(() => whoami(accessToken(account)), 200)).status).toBe(200);
});

test('a server that restarts under sixteen callers: every one gets its tokens, and nothing is lost', async () => {
  const accounts: Reply[] = [];
  for (let i = 0; i < 16; i++) accounts.push(await register());
  const refreshing = accounts.map((account) => eventually(() => refresh(refreshToken(account)), 200));
  await server.stopServer();
  await server.startServer();
  const replies = await Promise.all(refreshing);
  expect(replies.map(({ status }) => status)).toEqual(accounts.map(() => 200));
  const used = await Promise.all(replies.map((reply) => eventually(() => whoami(accessToken(reply)), 200)));
  expect(used.map(({ status }) => status)).toEqual(accounts.map(() => 200));
});

test('a connection that dies after COMMIT was sent: the refresh is answered with the pair that was written', async () => {
  const account = await register();
  proxy.loseAnswerTo('gen = d.gen'); // the text of the state table, at its first parse
  const reply = await refresh(refreshToken(account));
  await proxy.lost;
  expect(reply.status).toBe(200);
  const { rows } = await pool.query('select gen, revoked_at from castellan.session order by created_at desc limit 1');
  expect(rows[0]).toEqual({ gen: 1, revoked_at: null });
  expect((await whoami(accessToken(reply))).status).toBe(200);
});

test('app clocks an hour before and behind the database change no verdict, and two such processes agree', async () => {
  const hour = 3_600_000;
  const apps = await Promise.all([-hour, hour].map((skew) => startHttpApp(pool, { clock: () => Date.now() + skew })));
  try {
    for (const [here, there] of [apps, apps.toReversed()] as [HttpApp, HttpApp][]) {
      const email = `user${++number}@example.com`;
      const account = await request(here.url, 'POST', '/auth/register', { body: { email, password } });
      expect(account.status).toBe(201);
      expect(Number(account.body['expires_in'])).toBeGreaterThan(600);
      for (const { url } of [here, there, app]) {
        expect((await request(url, 'GET', '/whoami', { token: accessToken(account) })).status).toBe(200);
      }
      const rotated = await request(there.url, 'POST', '/auth/refresh', {
        body: { refresh_token: refreshToken(account) },
      });
      const replayed = await request(here.url, 'POST', '/auth/refresh', {
        body: { refresh_token: refreshToken(account) },
      });
      expect([rotated.status, replayed.status]).toEqual([200, 200]);
      expect(refreshToken(replayed)).toBe(refreshToken(rotated));
      expect((await request(here.url, 'GET', '/whoami', { token: accessToken(rotated) })).status).toBe(200);
    }
  } finally {
    await Promise.all(apps.map((one) => one.stop()));
  }
});
