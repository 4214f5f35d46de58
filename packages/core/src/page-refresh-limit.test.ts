import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from './http/index.ts';
import { createCastellan, memoryStores } from './index.ts';
import { generatePepper } from './sessions/index.ts';
import { generateKeys } from './tokens/index.ts';

const keys = await generateKeys();
const RT = '__Host-Http-castellan-rt';
const navigation = { 'sec-fetch-mode': 'navigate', accept: 'text/html' };
let now = 0;

const compose = () =>
  createCastellan({
    issuer: 'https://api.example.com',
    keys,
    peppers: generatePepper(),
    stores: memoryStores({ clock: () => now }),
    clock: () => now,
    cookies: { ssrRefresh: true },
    accounts: { argon2: { memoryKiB: 1024, passes: 1 } },
    limits: { refresh: '3/1m', refused: '2/1m' },
  });
type App = ReturnType<typeof compose>;
let app: App;

beforeEach(async () => {
  now = Date.UTC(2026, 0, 5, 9, 30);
  app = compose();
  await app.start();
});
afterEach(() => app.stop());

const exchangeOf = (method: string, target: string, headers: Record<string, string>, ip = '203.0.113.7') => {
  const request: HttpRequest = {
    method,
    target,
    route: target,
    headers,
    ip,
    arrivedAt: performance.now(),
    gone: false,
  };
  return app.http.exchange(request);
};
const cookieIn = (headers: HttpResponse['headers'], name: string): string | undefined =>
  [headers['set-cookie'] ?? []]
    .flat()
    .find((one) => one.startsWith(`${name}=`))
    ?.split(/[=;]/, 2)[1];

/** The refresh cookie of a new account's session. */
async function signUp(email: string): Promise<string> {
  const match = app.http.match('POST', '/register');
  if (!match) throw new Error('no registration');
  const exchange = exchangeOf('POST', '/register', { origin: 'https://api.example.com' });
  const value = { email, password: 'correct horse battery staple', transport: 'cookie' };
  const { headers } = await app.http.serve(match, exchange, async () => ({ value, raw: undefined }));
  return cookieIn({ ...exchange.headers, ...headers }, RT) ?? 'none';
}

/** A page request that brings a refresh cookie and no access cookie; who is waited out, so that each refresh rotates. */
async function visit(refreshToken: string): Promise<{
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: HttpResponse['headers'];
  readonly next: string;
}> {
  now += 11_000;
  const exchange = exchangeOf('GET', '/page', { ...navigation, cookie: `${RT}=${refreshToken}` });
  const passage = app.http.open(app.http.compile({ limit: false }), exchange);
  const refused = await passage.head();
  const answer = await passage.leave(refused ?? { status: 200, headers: {}, body: '{}' });
  const headers = { ...exchange.headers, ...answer.headers };
  return {
    status: answer.status,
    body: typeof answer.body === 'string' ? JSON.parse(answer.body) : {},
    headers,
    next: cookieIn(headers, RT) ?? refreshToken,
  };
}

test('pages that refresh are counted as refreshes: past the limit 429, the cookies stay and are good later', async () => {
  let token = await signUp('ada@example.com');
  for (let i = 0; i < 3; i++) {
    const { status, headers, next } = await visit(token);
    expect([status, headers['ratelimit']]).toEqual([200, undefined]);
    expect(next).not.toBe(token);
    token = next;
  }
  const refused = await visit(token);
  expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited', violated_policies: ['refresh'] } });
  expect(refused.headers['set-cookie']).toBeUndefined();
  expect(refused.headers['ratelimit']).toMatch(/^"refresh";r=0;t=\d+$/);
  const waitMs = Number(refused.headers['retry-after']) * 1000;
  expect(waitMs).toBeGreaterThan(0);
  now += waitMs;
  expect((await visit(token)).status).toBe(200);
});

test('pages and the endpoint share one budget of the session, and no other session stands behind it', async () => {
  let token = await signUp('ada@example.com');
  const calm = await signUp('calm@example.com');
  for (let i = 0; i < 3; i++) token = (await visit(token)).next;
  const match = app.http.match('POST', '/refresh');
  if (!match) throw new Error('no refresh');
  const exchange = exchangeOf('POST', '/refresh', { origin: 'https://api.example.com', cookie: `${RT}=${token}` });
  const { status } = await app.http.serve(match, exchange, async () => ({ value: undefined, raw: undefined }));
  expect(status).toBe(429);
  expect((await visit(calm)).status).toBe(200);
});

test('a forged refresh cookie is charged to its address: 401 first, then 429', async () => {
  for (let i = 0; i < 2; i++) expect((await visit('cst_rt_forged')).status).toBe(401);
  expect(await visit('cst_rt_forged')).toMatchObject({
    status: 429,
    body: { violated_policies: ['refused-tokens'] },
  });
  expect((await visit(await signUp('ada@example.com'))).status).toBe(200);
});
