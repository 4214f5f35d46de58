import http from 'node:http';
import { createGate } from '@castellan/adapter-express';
import { createCastellan, jsonLogger, type Logger, memoryStores, StoreUnavailableError } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { manualClock } from '@castellan/testkit';
import express from 'express';
import { pino } from 'pino';
import { afterEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { type Answer, type Call, call, json, listen, post, raw, type Wire } from '../express/wire.ts';

afterEach(() => void vi.restoreAllMocks());

const origin = 'https://api.example.com';
const keys = await generateKeys();
const peppers = generatePepper();

/** Both loggers of the documentation, each with where its lines go. */
const loggers: Readonly<Record<string, (write: (line: string) => void) => Logger>> = {
  'of our own': (write) => jsonLogger({ service: 'orders', write }),
  'of pino': (write) =>
    pino(
      {
        base: { service: 'orders' },
        messageKey: 'message',
        timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
        formatters: { level: (level) => ({ level }) },
      },
      { write },
    ),
};

interface Scene {
  readonly wire: Wire;
  readonly clock: { advance(ms: number): void };
  /** What was written, by the logger and past it. */
  readonly lines: () => readonly string[];
  /** Secrets that have been seen; none may stand in a line. */
  readonly secrets: Set<string>;
  readonly fail: (error: Error) => void;
  /** Resolves when a request has come to `/slow`, which answers nothing. */
  readonly waiting: Promise<void>;
}

async function scene(makeLogger: (write: (line: string) => void) => Logger): Promise<Scene & AsyncDisposable> {
  const written: string[] = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, level).mockImplementation((...said: unknown[]) => void written.push(said.map(String).join(' ')));
  const clock = manualClock(Date.now());
  const stores = memoryStores({ clock });
  let failure: Error | undefined;
  const castellan = createCastellan({
    issuer: origin,
    keys,
    peppers,
    clock,
    service: 'orders',
    logger: makeLogger((line) => written.push(line)),
    stores: {
      ...stores,
      audit: {
        ...stores.audit,
        async query(...asked) {
          if (failure) throw failure;
          return stores.audit.query(...asked);
        },
      },
    },
    accounts: { argon2: { memoryKiB: 1024, passes: 1 } },
    cookies: true,
    securityHeaders: 'prod',
    health: { checks: { mail: async () => Promise.reject(new Error('connect smtp://app:canary-mail@mail.internal')) } },
  });
  castellan.events.on('session.started', () => {
    throw new Error('a listener that quotes Bearer canary-listener');
  });
  await castellan.start();
  const { front, guard, authRoutes, healthRoutes, problems } = createGate(castellan);
  const app = express();
  app.use(front);
  app.use('/auth', authRoutes);
  app.use('/health', healthRoutes);
  const Order = z.strictObject({ card: z.string().max(4) });
  app.post('/orders', guard({ public: true, body: Order }), (_req, res) => void res.json({}));
  // what careless apps write into their errors
  let lastToken = '';
  castellan.events.on('session.rotated', ({ sessionId }) => {
    lastToken = `cst_rt_canary-of-${sessionId}`;
  });
  app.get('/careless', guard({ public: true }), ({ headers, originalUrl, query }) => {
    const proof = String(headers['x-csrf-token']);
    throw new Error(`no ${proof}, ${JSON.stringify(query)}, ${lastToken} or ${headers.cookie} at ${originalUrl}`, {
      cause: Object.assign(new Error(`GET https://partner.example${originalUrl}`), {
        config: { headers },
        headers,
        request: { originalUrl },
      }),
    });
  });
  let entered = (): void => {};
  const waiting = new Promise<void>((resolve) => {
    entered = resolve;
  });
  app.get('/slow', guard({ public: true }), () => entered()); // and never answers
  app.use(problems);
  const wire = await listen(app);
  return {
    wire,
    clock,
    waiting,
    lines: () => written,
    secrets: new Set<string>(),
    fail(error) {
      failure = error;
    },
    [Symbol.asyncDispose]: () => castellan.stop(),
  };
}

/** A life of one account's sessions, bearer and cookies, with everything that can go wrong on the way. */
async function live({ wire, clock, secrets, fail }: Scene): Promise<{ readonly requests: number }> {
  let requests = 0;
  const keep = (...values: readonly unknown[]): void => {
    for (const value of values) if (typeof value === 'string' && value.length > 3) secrets.add(value);
  };
  const seen = (answer: Answer): Answer => {
    requests++;
    for (const cookie of answer.headers['set-cookie'] ?? []) keep(cookie.slice(cookie.indexOf('=') + 1).split(';')[0]);
    if (answer.headers['content-type']?.startsWith('application/json')) {
      const body = json(answer);
      keep(body['access_token'], body['refresh_token'], body['csrf_token']);
    }
    return answer;
  };
  const send = async (path: string, value: unknown, headers?: Call['headers']): Promise<Answer> =>
    seen(await post(wire, path, value, headers));
  const get = async (path: string, headers: Call['headers'] = {}): Promise<Answer> =>
    seen(await call(wire, path, { headers }));
  const bearer = (token: unknown): Call['headers'] => ({ authorization: `Bearer ${String(token)}` });

  const email = 'canary-ada@example.com';
  const password = 'canary-password-first';
  const newPassword = 'canary-password-second';
  keep(email, password, newPassword, 'canary-wrong-password', 'canary-query', 'canary-fragment');
  keep('Y2FuYXJ5OmNhbmFyeQ==', 'canary-listener', 'canary-mail', 'canary-store', 'canary-card', 'canary-forged');

  // bearer mode: register, sign in, refresh, repeat a spent token
  const first = json(await send('/auth/register', { email, password }));
  await send('/auth/register', { email, password });
  await send('/auth/register', { email: 'x', password: 'canary-wrong-password' });
  await send('/auth/login', { email, password: 'canary-wrong-password' });
  await send('/auth/login', `{"email":"${email}","password":"canary-wrong-password"`);
  await send('/auth/login?password=canary-query', { email, password });
  await get('/auth/me?access_token=canary-query', bearer(first['access_token']));
  await get(`/auth/me/${String(first['access_token'])}`);
  clock.advance(60_000);
  const second = json(await send('/auth/refresh', { refresh_token: first['refresh_token'] }));
  clock.advance(60_000);
  const third = json(await send('/auth/refresh', { refresh_token: second['refresh_token'] }));
  clock.advance(60_000);
  expect((await send('/auth/refresh', { refresh_token: first['refresh_token'] })).status).toBe(401);
  await send('/auth/refresh', { refresh_token: third['refresh_token'] });
  await send('/auth/refresh', { refresh_token: 'cst_rt_canary-forged' });
  await send(`/auth/sessions/${String(third['refresh_token'])}/revoke`, {}, bearer(third['access_token']));

  // credentials that are none, or stand where they do not belong
  await get('/auth/me', { authorization: 'Basic Y2FuYXJ5OmNhbmFyeQ==' });
  await get('/auth/me', bearer('eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.canary-forged'));
  await get('/auth/me', { 'x-request-id': String(third['access_token']).slice(0, 128) });
  await get('/nowhere?token=canary-query#canary-fragment', { cookie: 'sid=canary-query' });

  // a signed-in life
  const fourth = json(await send('/auth/login', { email, password }));
  await send(
    '/auth/change-password',
    { current_password: 'canary-wrong-password', new_password: newPassword },
    bearer(fourth['access_token']),
  );
  const fifth = json(
    await send(
      '/auth/change-password',
      { current_password: password, new_password: newPassword },
      bearer(fourth['access_token']),
    ),
  );
  await get('/auth/sessions?page=1', bearer(fifth['access_token']));
  await get('/auth/audit', bearer(fifth['access_token']));

  // cookie mode, with and without the proof
  const page = { origin, 'sec-fetch-site': 'same-origin' };
  const signedIn = await send('/auth/login', { email, password: newPassword, transport: 'cookie' }, page);
  expect(signedIn.status).toBe(200);
  const cookie = (signedIn.headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).join('; ');
  const csrf = await get('/auth/csrf', { cookie, ...page });
  expect(json(csrf)['csrf_token']).toBeDefined();
  await send('/auth/refresh', {}, { cookie, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' });
  await send('/auth/refresh', {}, { cookie, 'x-csrf-token': 'canary-forged-csrf-token' });
  const proof = String(json(csrf)['csrf_token']);
  await send('/auth/refresh', {}, { cookie, ...page, 'x-csrf-token': proof });
  await send('/auth/logout', {}, { cookie, ...page });

  // the app's own mistakes, and the store's
  await send('/orders', { card: 'canary-card' });
  const careless = { ...bearer(fifth['access_token']), cookie, 'x-csrf-token': proof };
  expect((await get('/careless?code=canary-query', careless)).status).toBe(500);
  fail(
    new StoreUnavailableError('postgres', 'down', { cause: new Error('connect postgres://app:canary-store@db/app') }),
  );
  expect((await get('/auth/audit', bearer(fifth['access_token']))).status).toBe(503);
  fail(new Error('syntax error near Bearer canary-store'));
  expect((await get('/auth/audit', bearer(fifth['access_token']))).status).toBe(500);
  expect((await get('/health')).status).toBe(503);
  await send(
    '/auth/csp-report',
    [
      {
        type: 'csp-violation',
        body: {
          documentURL: 'https://api.example.com/x?canary-query',
          blockedURL: 'inline',
          effectiveDirective: 'script-src',
        },
      },
    ],
    { 'content-type': 'application/reports+json' },
  );
  await send('/auth/logout', { refresh_token: fifth['refresh_token'] });

  // a target with somebody's password in it
  await raw(
    wire,
    'GET http://user:canary-query@api.example.com/careless HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  return { requests: requests + 1 };
}

interface Line extends Readonly<Record<string, unknown>> {
  readonly message: string;
}
const parsed = (lines: readonly string[]): readonly Line[] => lines.map((line) => JSON.parse(line) as Line);

describe.each(Object.entries(loggers))('over a whole life of a session, with a logger %s', (_, makeLogger) => {
  test('every request has its line, and no line has a secret', async () => {
    await using world = await scene(makeLogger);
    const { requests } = await live(world);
    await vi.waitFor(() => {
      expect(parsed(world.lines()).filter(({ message }) => message === 'request')).toHaveLength(requests);
    });
    const lines = parsed(world.lines());

    for (const line of lines.filter(({ message }) => message === 'request')) {
      expect(line).toMatchObject({
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        level: Number(line['status']) >= 500 ? 'error' : 'info',
        service: 'orders',
        request_id: expect.stringMatching(/./),
        method: expect.stringMatching(/^(GET|POST)$/),
        path: expect.stringMatching(/^\//),
        status: expect.any(Number),
        latency_ms: expect.any(Number),
      });
      expect(line['path']).not.toContain('?');
    }
    const messages = new Set(lines.map(({ message }) => message));
    for (const expected of [
      'request failed',
      'session reuse detected',
      'health check failed',
      'csp violations reported',
    ])
      expect(messages).toContain(expected);
    expect(messages).toContain('a listener of the app failed');

    expect(world.secrets.size).toBeGreaterThan(25);
    const text = world.lines().join('');
    for (const secret of world.secrets) {
      expect(text.includes(secret), `a line holds ${secret}`).toBe(false);
      expect(text.includes(encodeURIComponent(secret)), `a line holds ${secret}, encoded`).toBe(false);
      // a piece of a token is worth hiding too
      if (secret.length > 60) expect(text.includes(secret.slice(-30)), `a line holds the end of ${secret}`).toBe(false);
    }
    expect(text).not.toMatch(/canary/);
    expect(text).toContain('[redacted]');
  });
});

describe('a logger that fails', () => {
  test.each([
    [
      'throws',
      () => {
        throw new Error('the disk is full');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the disk is full'))],
  ])('because it %s breaks no request', async (_, fail) => {
    await using world = await scene(() => ({ info: fail, warn: fail, error: fail }));
    const { requests } = await live(world);
    expect(requests).toBeGreaterThan(25);
  });
});

test('a request whose client goes away has a line too, and the line says so', async () => {
  await using world = await scene(loggers['of our own'] as (write: (line: string) => void) => Logger);
  const request = http.get({ port: world.wire.port, path: '/slow?token=canary' });
  request.on('error', () => {});
  await world.waiting;
  request.destroy();
  await vi.waitFor(() => {
    expect(parsed(world.lines())).toContainEqual(expect.objectContaining({ path: '/slow', aborted: true }));
  });
});
