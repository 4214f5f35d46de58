import { afterEach, describe, expect, test } from 'vitest';
import type { LimitsOptions } from './compose-limits.ts';
import type { HttpRequest, HttpResponse } from './http/index.ts';
import { createCastellan, memoryStores, observatoryTiers, type Policy, productTiers, type Tier } from './index.ts';
import { StoreUnavailableError } from './kernel/index.ts';
import type { LimitInput, LimitStore } from './limits/index.ts';
import { generatePepper } from './sessions/index.ts';
import { readTiers } from './tiers.ts';
import { generateKeys } from './tokens/index.ts';

const keys = await generateKeys();
const rulesOf = (tiers: ReturnType<typeof readTiers>, tier?: string) =>
  tiers.limitsOf(tier).map(({ name, rule }) => [name, rule]);
const perMinute = (limit: number) => ({ kind: 'window', limit, windowUs: 60_000_000 });

describe('tiers', () => {
  test('have a rank, a budget of their own, and that of everybody else where they have none', () => {
    const tiers = readTiers({ free: { rank: 0 }, pro: { rank: 1, limit: ['600/1m', { quota: '9000/1d' }] } });
    expect(tiers.defaultTier).toBe('free');
    expect(rulesOf(tiers, 'pro').map(([name]) => name)).toEqual(['pro', 'pro 2']);
    for (const tier of ['free', 'gone', undefined]) expect(rulesOf(tiers, tier)).toEqual([['default', perMinute(60)]]);
  });

  test('limit nobody as long as none has a limit', () => {
    const tiers = readTiers({ free: { rank: 0 } });
    expect([rulesOf(tiers, 'free'), rulesOf(tiers), tiers.haveLimits]).toEqual([[], [], false]);
    expect(readTiers(undefined, undefined, '30/1m').haveLimits).toBe(true);
    expect(rulesOf(readTiers({ free: { rank: 0, limit: '9/1m' } }, 'free', false))).toEqual([]);
  });

  test('that are shipped', () => {
    const observatory = readTiers(observatoryTiers);
    const budgets = ['observer', 'navigator', 'operator', 'sovereign', undefined].map(
      (tier) => rulesOf(observatory, tier)[0]?.[1],
    );
    expect(budgets).toEqual([30, 60, 120, 240, 60].map(perMinute));
    expect(Object.keys(readTiers(productTiers).tiers)).toEqual(['free', 'premium', 'admin']);
  });

  test.each<[string, Record<string, unknown>]>([
    ['tiers.pro.limit must be from 1', { pro: { rank: 1, limit: '0/1m' } }],
    ['tiers.pro.limit[1]', { pro: { rank: 1, limit: ['5/1m', '5/1x'] } }],
    [
      "tiers.pro.limit (pro): a tier limits its callers; by: 'route'",
      { pro: { rank: 1, limit: { window: '5/1m', by: 'route' } } },
    ],
    ['tiers.pro.rank must be a whole number', { pro: { limit: '5/1m' } }],
    ['tiers.pro.rank is also that of tiers.free', { free: { rank: 1 }, pro: { rank: 1 } }],
  ])('%s', (message, tiers) => {
    expect(() => readTiers(tiers as Record<string, Tier>)).toThrow(TypeError);
    expect(() => readTiers(tiers as Record<string, Tier>)).toThrow(message);
  });

  test('a mistyped member would be no limit at all, so it is refused', () =>
    expect(() => readTiers({ free: { rank: 0, limits: '5/1m' } as Tier })).toThrow(
      new TypeError('tiers.free.limits is not known'),
    ));
});

test.each(['email', 'route'] as const)(
  'the limit of everybody else can’t be by %s: it would count nobody, or all as one',
  (by) => {
    expect(() => readTiers(undefined, undefined, { window: '60/1m', by })).toThrow(TypeError);
    expect(() => readTiers(undefined, undefined, { window: '60/1m', by })).toThrow(
      `limits.default (default): a tier limits its callers; by: '${by}'`,
    );
  },
);

interface Options {
  readonly limits?: LimitsOptions;
  readonly store?: LimitStore;
}
const now = Date.UTC(2026, 0, 5, 9, 30);
function compose({ limits, store }: Options = {}) {
  const stores = memoryStores({ clock: () => now });
  return createCastellan({
    issuer: 'https://api.example.com',
    keys,
    peppers: generatePepper(),
    stores: { ...stores, ...(store && { limits: store }) },
    clock: () => now,
    tiers: observatoryTiers,
    ...(limits && { limits }),
  });
}
type App = ReturnType<typeof compose>;
let app: App;
afterEach(() => app?.stop());

async function start(options?: Options): Promise<App> {
  app = compose(options);
  await app.start();
  return app;
}
async function signIn(subject: string, tier?: 'observer' | 'navigator' | 'operator' | 'sovereign') {
  await app.subjects.put({ id: subject, ...(tier && { tier }) });
  const { body } = await app.sessions.start({ subject, from: { headers: {}, socket: {} } as never });
  return body as { readonly access_token: string; readonly refresh_token: string };
}
const requestOf = (token: string | undefined, target: string, method = 'GET'): HttpRequest => ({
  method,
  target,
  route: target,
  headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  ip: '192.0.2.1',
  arrivedAt: 0,
  gone: false,
});
async function visit(policy: Policy, token?: string): Promise<number> {
  const passage = app.http.open(app.http.compile(policy as never), app.http.exchange(requestOf(token, '/stars')));
  return (await passage.leave((await passage.head()) ?? { status: 200, headers: {}, body: null })).status;
}
async function call(target: string, token?: string, method = 'GET', value?: unknown) {
  const match = app.http.match(method, target);
  if (!match) throw new Error(`${target} is not mounted`);
  const exchange = app.http.exchange(requestOf(token, target, method));
  const response: HttpResponse = await app.http.serve(match, exchange, async () => ({ value, raw: undefined }));
  return {
    status: response.status,
    headers: { ...exchange.headers, ...response.headers },
    body: JSON.parse(response.body as string) as Record<string, unknown>,
  };
}
async function passed(policy: Policy, token: string | undefined, times: number): Promise<number> {
  let count = 0;
  for (let i = 0; i < times; i++) if ((await visit(policy, token)) === 200) count++;
  return count;
}

describe('a route', () => {
  test('is limited by the tier of its caller, with all others together, and by its own limits', async () => {
    await start();
    const { access_token: token } = await signIn('ada', 'observer');
    expect(await passed({}, token, 20)).toBe(20);
    expect(await passed({ route: '/other' }, token, 20)).toBe(10);
    const { access_token: other } = await signIn('bob', 'sovereign');
    expect(await passed({ limit: '5/1m' }, other, 20)).toBe(5);
    expect(await passed({}, undefined, 1)).toBe(0);
    expect(await passed({ public: true }, undefined, 99)).toBe(60);
  });

  test('with limit: false is not limited, by its tier either', async () => {
    await start();
    const { access_token: token } = await signIn('ada', 'observer');
    expect(await passed({ limit: false }, token, 99)).toBe(99);
    expect(await passed({}, token, 99)).toBe(30);
  });

  test('that demands a tier refuses lower ones, unlimited: 403', async () => {
    await start();
    const { access_token: token } = await signIn('ada', 'navigator');
    for (let i = 0; i < 99; i++) expect(await visit({ tier: 'operator' }, token)).toBe(403);
    expect(await visit({ tier: 'navigator' }, token)).toBe(200);
  });

  test('a tier that has changed counts from the next refresh on', async () => {
    await start();
    const { access_token: token, refresh_token } = await signIn('ada', 'observer');
    expect(await passed({}, token, 99)).toBe(30);
    await app.subjects.setTier({ id: 'ada' }, 'operator');
    const refreshed = await call('/refresh', undefined, 'POST', { refresh_token });
    expect(refreshed.status).toBe(200);
    expect(await passed({ tier: 'operator' }, String(refreshed.body['access_token']), 199)).toBe(120);
  });
});

describe('GET /rate-limit', () => {
  test('shows the budgets of the caller, and spends nothing', async () => {
    await start();
    const { access_token: token } = await signIn('ada', 'operator');
    expect((await call('/rate-limit', token)).body).toEqual({
      tier: 'operator',
      limits: [
        { name: 'operator', limit: 120, window_seconds: 60, remaining: 120, full_at: new Date(now).toISOString() },
      ],
    });
    await passed({}, token, 7);
    for (let i = 0; i < 3; i++) {
      const { status, body, headers } = await call('/rate-limit', token);
      expect(status).toBe(200);
      expect(body).toMatchObject({ limits: [{ remaining: 113, full_at: new Date(now + 63_750).toISOString() }] });
      expect(headers['ratelimit']).toBe('"operator";r=113;t=64');
    }
    expect((await call('/rate-limit')).status).toBe(401);
  });

  test('answers when nothing is left, too', async () => {
    await start();
    const { access_token: token } = await signIn('ada', 'observer');
    await passed({}, token, 40);
    expect(await call('/rate-limit', token)).toMatchObject({ status: 200, body: { limits: [{ remaining: 0 }] } });
  });
});

describe('a store that is away', () => {
  const away: LimitStore = {
    consume: () => Promise.reject(new StoreUnavailableError('redis', 'gone')),
    giveBack: () => Promise.reject(new StoreUnavailableError('redis', 'gone')),
  };

  test('is stood in for: this process counts, and tells once', async () => {
    await start({ store: away, limits: { expectedInstances: 2 } });
    const told: string[] = [];
    app.events.on('limit.store_unavailable', () => told.push('away'));
    const { access_token: token } = await signIn('ada', 'observer');
    expect(await passed({}, token, 99)).toBe(15);
    expect(told).toEqual(['away']);
  });

  test('lets pass or answers 503 where a limit says so', async () => {
    await start({ store: away });
    const { access_token: token } = await signIn('ada', 'observer');
    const own = { name: 'own', window: '2/1m' } as const;
    expect(await passed({ public: true, limit: { ...own, onStoreFailure: 'deny' } }, token, 3)).toBe(0);
    expect(await visit({ public: true, limit: { ...own, onStoreFailure: 'deny' } })).toBe(503);
    await app.stop();
    await start({ store: away, limits: { onStoreFailure: 'allow' } });
    expect(await passed({ public: true, limit: own }, undefined, 99)).toBe(99);
    // sign-ins are counted none the less
    const login = () => call('/login', undefined, 'POST', { email: 'ada@example.com', password: 'wrong' });
    for (let i = 0; i < 5; i++) expect((await login()).status).toBe(401);
    expect((await login()).status).toBe(429);
  });

  test('as careful as the most careful: one limit that counts here is not opened by others that let pass', async () => {
    await start({ store: away, limits: { onStoreFailure: 'allow' } });
    const { access_token: token } = await signIn('ada', 'observer');
    expect(await passed({ limit: { window: '2/1m', onStoreFailure: 'local' } }, token, 9)).toBe(2);
    expect(await passed({ limit: '2/1m' }, token, 9)).toBe(9);
  });

  test('a limit by e-mail is not opened by what is said for all limits', async () => {
    await start({ store: away, limits: { onStoreFailure: 'allow' } });
    const guard = (limit: LimitInput) => app.http.compile({ public: true, limit });
    expect(() => guard({ window: '3/1h', by: 'email' })).toThrow(TypeError);
    expect(() => guard({ window: '3/1h', by: 'email' })).toThrow("onStoreFailure: 'local' or 'deny'");
    for (const onStoreFailure of ['local', 'deny'] as const) guard({ window: '3/1h', by: 'email', onStoreFailure });
  });

  test.each([
    [{ deadline: '0ms' }, 'limits.deadline must be'],
    [{ deadline: 'soon' }, 'limits.deadline must be'],
    [{ maxError: 0.5 }, 'limits.maxError must be'],
    [{ expectedInstances: 0 }, 'limits.expectedInstances must be'],
    [{ onStoreFailure: 'open' }, 'limits.onStoreFailure must be'],
  ])('%j makes no sense', async (limits, message) => {
    await start();
    expect(() => compose({ limits: limits as LimitsOptions })).toThrow(TypeError);
    expect(() => compose({ limits: limits as LimitsOptions })).toThrow(message);
  });
});
