import { expect, test } from 'vitest';
import type { HttpRequest, HttpResponse } from './http/index.ts';
import { createCastellan, memoryStores, Problem, type StoreService } from './index.ts';
import type { Clock } from './kernel/index.ts';
import { generatePepper, type SessionOptions } from './sessions/index.ts';
import { generateKeys } from './tokens/index.ts';

const keys = await generateKeys();
const base = { issuer: 'https://api.example.com', keys, peppers: generatePepper() };
const compose = ({ clock, sessions }: { readonly clock?: Clock; readonly sessions?: SessionOptions } = {}) =>
  createCastellan({
    ...base,
    ...(clock && { clock }),
    ...(sessions && { sessions }),
    stores: memoryStores(clock && { clock }),
    tiers: { free: { rank: 0 }, pro: { rank: 1 } },
    audit: { actions: ['order.create'] },
    accounts: { argon2: { memoryKiB: 1024, passes: 1 } },
  });

interface Call {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string;
}
const requestOf = (target: string, { method = 'GET', token }: Call): HttpRequest => ({
  method,
  target,
  route: target,
  headers: { ...(token && { authorization: `Bearer ${token}` }) },
  ip: '203.0.113.7',
  arrivedAt: performance.now(),
  gone: false,
});
async function serve(
  castellan: ReturnType<typeof compose>,
  target: string,
  call: Call = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const match = castellan.http.match(call.method ?? 'GET', target.split('?')[0] as string);
  if (!match) throw new Error(`${target} is not mounted`);
  const exchange = castellan.http.exchange(requestOf(target, call));
  const response: HttpResponse = await castellan.http.serve(match, exchange, async () => ({
    value: call.body,
    raw: undefined,
  }));
  return { status: response.status, body: typeof response.body === 'string' ? JSON.parse(response.body) : {} };
}
const credentials = { email: 'ada@example.com', password: 'correct horse battery' };

test('the composed library registers, refreshes, lists, audits and logs out', async () => {
  await using castellan = compose();
  await castellan.start();
  const registered = await serve(castellan, '/register', { method: 'POST', body: credentials });
  expect(registered.status).toBe(201);
  const refreshed = await serve(castellan, '/refresh', {
    method: 'POST',
    body: { refresh_token: registered.body['refresh_token'] },
  });
  expect(refreshed.status).toBe(200);
  const token = String(refreshed.body['access_token']);
  expect((await serve(castellan, '/me', { token })).body).toMatchObject({ email: credentials.email, tier: 'free' });
  expect((await serve(castellan, '/sessions', { token })).body).toMatchObject({
    total: 1,
    items: [{ is_current: true, ip: '203.0.113.0/24' }],
  });
  expect((await serve(castellan, '/logout', { method: 'POST', token })).status).toBe(204);
  expect((await serve(castellan, '/me', { token })).body).toMatchObject({ code: 'invalid_token', status: 401 });
  const trail = await castellan.audit.query({ action: 'user.logout' });
  expect(trail.items).toHaveLength(1);
});

test('the trail hides refreshes for as long as any session may go between two of them, whatever its level', async () => {
  let now = Date.UTC(2026, 0, 5, 12);
  const clock = () => now;
  const sessions = { accessTokenTtl: '1m', aal2: { accessTokenTtl: '15m' } } as const;
  await using castellan = compose({ clock, sessions });
  await castellan.start();
  const registered = await serve(castellan, '/register', { method: 'POST', body: credentials });
  const body = { refresh_token: registered.body['refresh_token'] };
  expect((await serve(castellan, '/refresh', { method: 'POST', body })).status).toBe(200);
  const refreshesShown = async (): Promise<number> => {
    const { body: answer } = await serve(castellan, '/login', { method: 'POST', body: credentials });
    const trail = await serve(castellan, '/audit', { token: String(answer['access_token']) });
    return (trail.body['items'] as { action: string }[]).filter(({ action }) => action === 'user.refresh').length;
  };
  now += 10 * 60_000;
  expect(await refreshesShown()).toBe(0);
  now += 10 * 60_000;
  expect(await refreshesShown()).toBe(1);
});

test('composing opens nothing: without start() a request is a 500 that listeners can see, and no token is made', async () => {
  const castellan = compose();
  const failed: unknown[] = [];
  castellan.events.on('request.failed', ({ error }) => failed.push(error));
  const answer = await serve(castellan, '/register', { method: 'POST', body: credentials });
  expect([answer.status, answer.body['code']]).toEqual([500, 'internal']);
  expect(String(failed[0])).toContain('castellan.start()');
});

test('start and stop can be repeated', async () => {
  const castellan = compose();
  await castellan.start();
  await castellan.start();
  expect(await castellan.health()).toMatchObject({ ok: true, db_ok: true });
  await castellan.stop();
  await castellan.stop();
});

/** Memory stores whose service counts, and fails its first starts. */
function countingStores(failures: number) {
  const calls: string[] = [];
  const service: StoreService = {
    name: 'memory',
    async start() {
      calls.push('start');
      if (calls.filter((call) => call === 'start').length <= failures) throw new Error('the schema is behind');
    },
    async stop() {
      calls.push('stop');
    },
    async health() {},
  };
  return { calls, stores: { ...memoryStores(), memory: service } };
}

test('two starts at once are one', async () => {
  const { calls, stores } = countingStores(0);
  const castellan = createCastellan({ ...base, stores });
  await Promise.all([castellan.start(), castellan.start()]);
  await castellan.stop();
  expect(calls).toEqual(['start', 'stop']);
});

test('a start that fails leaves nothing running, and may be tried again', async () => {
  const { calls, stores } = countingStores(1);
  const castellan = createCastellan({ ...base, stores });
  await expect(castellan.start()).rejects.toThrow('the schema is behind');
  expect(calls).toEqual(['start', 'stop']);
  await castellan.stop();
  expect(calls).toEqual(['start', 'stop']);
  await castellan.start();
  await castellan.stop();
  expect(calls).toEqual(['start', 'stop', 'start', 'stop']);
});

test('a stop while the start is under way ends what it began', async () => {
  const { calls, stores } = countingStores(0);
  const castellan = createCastellan({ ...base, stores });
  const starting = castellan.start();
  await castellan.stop();
  await starting;
  expect(calls).toEqual(['start', 'stop']);
});

test('accounts: false leaves the account endpoints out', () => {
  const castellan = createCastellan({ ...base, stores: memoryStores(), accounts: false });
  expect(castellan.http.match('POST', '/login')).toBeUndefined();
  expect(castellan.http.match('POST', '/refresh')).toBeDefined();
  expect(castellan.accounts).toBeUndefined();
});

test("an app's own problem codes leave with their status", async () => {
  await using castellan = createCastellan({
    ...base,
    stores: memoryStores(),
    problems: { own: { out_of_stock: { status: 409, title: 'Nothing is left' } } },
  });
  const exchange = castellan.http.exchange(requestOf('/', {}));
  expect(castellan.http.problem(new Problem('out_of_stock'), exchange).status).toBe(409);
});

test.each([
  ['peppers', { peppers: '1:short' }],
  ['stores.sessions', { stores: {} }],
  ['defaultTier', { tiers: { free: { rank: 0 } }, defaultTier: 'gold' }],
  ['tiers.pro.rank', { tiers: { free: { rank: 0 }, pro: { rank: 0 } } }],
  ['tiers.free.rank', { tiers: { free: { rank: 1.5 } } }],
  ['tiers', { tiers: {} }],
  ['sessions.grace', { sessions: { grace: '10 seconds' } }],
  ['sessions.accessTokenTtl', { sessions: { accessTokenTtl: '61m' } }],
  ['revocation.maxStaleness', { revocation: { maxStaleness: 'soon' } }],
  ['audit.actions', { audit: { actions: ['user.login'] } }],
  ['accounts.password.minLength', { accounts: { password: { minLength: 0 } } }],
  ['issuer', { issuer: '' }],
  ['not_found', { problems: { own: { not_found: { status: 404, title: 'x' } } } }],
])('a bad %s is a TypeError at composition that names it', (name, bad) => {
  const make = () => createCastellan({ ...base, stores: memoryStores(), ...(bad as object) });
  expect(make).toThrow(TypeError);
  expect(make).toThrow(name);
});

test('a tenant that only a guard could tell is asked for, never guessed', async () => {
  const castellan = createCastellan({
    ...base,
    stores: memoryStores(),
    tenantOf: ({ headers }) => String(headers.host),
  });
  await castellan.start();
  await castellan.subjects.put({ id: 'ada', tenant: 'acme' });
  const from = { headers: { host: 'acme' }, socket: {} } as never;
  await expect(castellan.sessions.start({ subject: 'ada', from })).rejects.toThrow(/tenantOf/);
  expect((await castellan.sessions.start({ subject: 'ada', tenant: 'acme', from })).body.token_type).toBe('Bearer');
  await castellan.stop();
});

test.each([undefined, null, 'a\0b', 'x'.repeat(256)])(
  'a tenant such as %j is a mistake of the app, told before anything is written',
  (tenant) => {
    const castellan = createCastellan({ ...base, stores: memoryStores(), tenantOf: () => tenant as string });
    const told: unknown[] = [];
    castellan.events.on('request.failed', ({ error }) => told.push(error));
    const exchange = castellan.http.exchange(requestOf('/', {}));
    expect(castellan.http.front(exchange)).toBeUndefined();
    expect(castellan.http.open(castellan.http.compile({ public: true }), exchange).head()).toMatchObject({
      status: 500,
    });
    expect(told).toEqual([expect.any(TypeError)]);
  },
);

test('a tenant is asked for once the host and CORS have let the request pass, and its failure has the headers of every exit', () => {
  const hosts: unknown[] = [];
  const castellan = createCastellan({
    ...base,
    stores: memoryStores(),
    hosts: { 'acme.example.com': ['/'] },
    securityHeaders: 'prod',
    tenantOf({ headers }) {
      hosts.push(headers.host);
      return new Map([['acme.example.com', 'acme']]).get(headers.host ?? '') as string;
    },
  });
  const open = castellan.http.compile({ public: true });
  const met = (host: string) => {
    const exchange = castellan.http.exchange({ ...requestOf('/', {}), headers: { host } });
    const answer = castellan.http.front(exchange) ?? castellan.http.open(open, exchange).head();
    return { exchange, status: (answer as HttpResponse | undefined)?.status };
  };
  expect(met('evil.example').status).toBe(421);
  expect(hosts).toEqual([]);
  const acme = met('acme.example.com');
  expect([acme.status, acme.exchange.context.tenant]).toEqual([undefined, 'acme']);
  const own = met(new URL(base.issuer).hostname);
  expect([own.status, own.exchange.headers['x-frame-options']]).toEqual([500, 'DENY']);
});

test('what is told of a failed request holds no query', async () => {
  const castellan = compose();
  const paths: string[] = [];
  castellan.events.on('request.failed', ({ path }) => paths.push(path));
  castellan.http.problem(new Error('x'), castellan.http.exchange(requestOf('/orders?token=secret', {})));
  expect(paths).toEqual(['/orders']);
});

test('a key that is missing or weak stops the start and is named, never shown', async () => {
  const castellan = createCastellan({
    ...base,
    keys: '{"keys":[{"kty":"oct","kid":"a","alg":"HS256","k":"c2hvcnQ"}]}',
    stores: memoryStores(),
  });
  await expect(castellan.start()).rejects.toThrow(/keys/);
  await expect(castellan.start()).rejects.not.toThrow(/c2hvcnQ/);
});

test('production refuses memory stores, unless they are asked for by name', async () => {
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await expect(createCastellan({ ...base, stores: memoryStores() }).start()).rejects.toThrow(/production/);
    await using castellan = createCastellan({ ...base, stores: memoryStores({ production: 'allowed' }) });
    await castellan.start();
  } finally {
    process.env['NODE_ENV'] = before;
  }
});
