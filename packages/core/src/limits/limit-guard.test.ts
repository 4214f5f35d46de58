import { createHmac } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import { type Exchange, type HttpResponse, mergeProblems, openPassage, type Principal } from '../http/index.ts';
import { createProblemResponse } from '../http/problem-response.ts';
import { StoreUnavailableError } from '../kernel/index.ts';
import { limitGuards } from './limit-guard.ts';
import { type LimitInput, type LimitPolicy, readLimitPolicies } from './limit-policy.ts';
import { limitProblems } from './limit-problems.ts';
import type { LimitStore } from './limit-store.ts';
import { createLimits, type LimitsParts } from './limits.ts';
import { memoryLimitStore } from './memory-limit-store.ts';

const START = Date.UTC(2026, 0, 5, 9, 30);
let now = START;
let told: unknown[] = [];
beforeEach(() => {
  now = START;
  told = [];
});

interface Scene {
  readonly own?: LimitInput | readonly LimitInput[];
  readonly tiers?: Readonly<Record<string, LimitInput>>;
  readonly everybody?: LimitInput;
  readonly headers?: LimitsParts['headers'];
  readonly store?: LimitStore;
  readonly route?: string;
}
interface Request {
  readonly subject?: string;
  readonly tier?: string;
  readonly tenant?: string;
  readonly ip?: string;
  readonly method?: string;
  readonly route?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  /** Until then its body is not there yet. */
  readonly held?: Promise<void>;
}
type Ask = (request?: Request) => Promise<HttpResponse>;

const problem = createProblemResponse({
  catalogue: mergeProblems(limitProblems, {
    internal: { status: 500, title: 'x' },
    store_unavailable: { status: 503, title: 'x' },
  }),
});

function exchangeOf({
  subject,
  tier = 'free',
  tenant = '',
  ip = '192.0.2.1',
  method = 'GET',
  route = '/orders',
  headers = {},
}: Request) {
  const principal: Principal | undefined =
    subject === undefined ? undefined : { subject, tenant, tier, sessionId: 's', scopes: new Set(), claims: {} };
  const exchange: Exchange = {
    request: { method, target: route, route, headers, ip, arrivedAt: 0, gone: false },
    context: { requestId: 'r', tenant, ...(principal && { principal }) },
    headers: {},
  };
  return exchange;
}

/** A limited route: a request's answer, headers of every exit included. */
function scene({ own = [], tiers = {}, everybody, headers, store, route }: Scene): Ask {
  const limits = createLimits({
    store: store ?? memoryLimitStore({ now: () => now * 1000 }),
    mac: (...parts) => parts.reduce((mac, part) => mac.update(part), createHmac('sha256', 'k')).digest(),
    clock: () => now,
    normaliseEmail: (typed) => (typed.includes('@') ? typed.toLowerCase() : undefined),
    tell: (name, fact) => told.push([name, fact]),
    ...(headers && { headers }),
  });
  const read = (limit: LimitInput | undefined, name: string): readonly LimitPolicy[] =>
    limit === undefined ? [] : readLimitPolicies(limit, 'tier', () => ({ name }));
  const guards = limitGuards(limits, {
    ofTier: (tier) => (tier !== undefined && tiers[tier] ? read(tiers[tier], tier) : read(everybody, 'default')),
    own: readLimitPolicies(own, 'limit'),
    route,
  });
  return async (request = {}) => {
    const exchange = exchangeOf(request);
    const passage = openPassage({ ...guards, route: undefined }, exchange, problem);
    const atHead = await passage.head();
    await request.held;
    const refused =
      atHead ?? (passage.wantsBody ? await passage.body({ value: request.body, raw: undefined }) : undefined);
    const response = await passage.leave(refused ?? { status: 200, headers: {}, body: null });
    return { ...response, headers: { ...exchange.headers, ...response.headers } };
  };
}
async function statuses(ask: Ask, times: number, request?: Request): Promise<number[]> {
  const answers: number[] = [];
  for (let i = 0; i < times; i++) answers.push((await ask(request)).status);
  return answers;
}
const passed = async (ask: Ask, times: number, request?: Request): Promise<number> =>
  (await statuses(ask, times, request)).filter((status) => status === 200).length;

describe('on the wire', () => {
  test('each answer tells what is left, in the words of draft 11 (RFC 9651) and in the old ones', async () => {
    const ask = scene({ tiers: { free: '3/1m' } });
    for (const left of [2, 1, 0]) {
      const { status, headers } = await ask({ subject: 'ada' });
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'ratelimit-policy': '"free";q=3;w=60',
        ratelimit: `"free";r=${left};t=64`,
        'x-ratelimit-limit': '3',
        'x-ratelimit-remaining': String(left),
        'x-ratelimit-reset': String(START / 1000 + 64),
      });
    }
    const refused = await ask({ subject: 'ada' });
    expect(refused.status).toBe(429);
    expect(refused.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'retry-after': '64',
      'ratelimit-policy': '"free";q=3;w=60',
      ratelimit: '"free";r=0;t=64',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(START / 1000 + 64),
    });
    expect(JSON.parse(refused.body as string)).toMatchObject({ code: 'rate_limited', violated_policies: ['free'] });
  });

  test('who waits for Retry-After passes', async () => {
    const ask = scene({ everybody: '2/10s' });
    now += 777;
    await statuses(ask, 2);
    const refused = await ask();
    now += Number(refused.headers['retry-after']) * 1000;
    expect((await ask()).status).toBe(200);
  });

  test('several limits are one list; X-RateLimit is about the one with the fewest permits', async () => {
    const ask = scene({
      tiers: { free: '60/1m' },
      own: [{ rate: '10/1s', burst: 20, name: 'burst' }, { quota: '5/1d' }, { window: '100/1500ms', name: 'odd' }],
    });
    const { headers } = await ask({ subject: 'ada' });
    expect(headers['ratelimit-policy']).toBe(
      '"free";q=60;w=60, "burst";q=20;w=2, "quota 5/1d";q=5;w=86400, "odd";q=100',
    );
    expect(headers['ratelimit']).toMatch(
      /^"free";r=59;t=64, "burst";r=19;t=1, "quota 5\/1d";r=4;t=52200, "odd";r=99;t=2$/,
    );
    expect(headers).toMatchObject({ 'x-ratelimit-limit': '5', 'x-ratelimit-remaining': '4' });
  });

  test('either kind of header can be switched off', async () => {
    const old = await scene({ everybody: '2/1m', headers: { draft: false } })();
    expect(Object.keys(old.headers)).toEqual(['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset']);
    const draft = await scene({ everybody: '2/1m', headers: { xRateLimit: false } })();
    expect(Object.keys(draft.headers)).toEqual(['ratelimit-policy', 'ratelimit']);
  });

  test('a route without limits says nothing', async () => {
    const { status, headers } = await scene({})();
    expect([status, headers]).toEqual([200, {}]);
  });
});

describe('who is counted', () => {
  test('a principal as itself, wherever it comes from; in another tenant it is somebody else', async () => {
    const ask = scene({ tiers: { free: '4/1m' } });
    expect(await passed(ask, 3, { subject: 'ada', ip: '192.0.2.1' })).toBe(3);
    expect(await passed(ask, 3, { subject: 'ada', ip: '192.0.2.2' })).toBe(1);
    expect(await passed(ask, 9, { subject: 'bob', ip: '192.0.2.1' })).toBe(4);
    expect(await passed(ask, 9, { subject: 'ada', tenant: 'acme' })).toBe(4);
  });

  test('by its tier; one without limits, and one that is no longer configured, as everybody else', async () => {
    const ask = scene({ tiers: { free: '2/1m', pro: '5/1m' }, everybody: '3/1m' });
    expect(await passed(ask, 9, { subject: 'ada', tier: 'free' })).toBe(2);
    expect(await passed(ask, 9, { subject: 'bob', tier: 'pro' })).toBe(5);
    expect(await passed(ask, 9, { subject: 'eve', tier: 'gold' })).toBe(3);
  });

  test('who is not known by address: mapped and translated IPv4 is IPv4, IPv6 is its /56', async () => {
    const ask = scene({ everybody: '4/1m' });
    expect(await statuses(ask, 2, { ip: '192.0.2.9' })).toEqual([200, 200]);
    expect(await statuses(ask, 1, { ip: '::ffff:192.0.2.9' })).toEqual([200]);
    expect(await statuses(ask, 2, { ip: '64:ff9b::192.0.2.9' })).toEqual([200, 429]);
    expect(await passed(ask, 3, { ip: '2001:db8:0:100::1' })).toBe(3);
    expect(await passed(ask, 3, { ip: '2001:db8:0:1ff::2' })).toBe(1);
    expect(await passed(ask, 3, { ip: '2001:db8:0:200::1' })).toBe(3);
    expect(await passed(ask, 9, { ip: '' })).toBe(4);
  });

  test('an unnamed limit is of its route; a named one is shared by all that name it', async () => {
    const store = memoryLimitStore({ now: () => now * 1000 });
    const alone = scene({ own: '2/1m', store });
    expect(await passed(alone, 5, { subject: 'ada', route: '/a' })).toBe(2);
    expect(await passed(alone, 5, { subject: 'ada', route: '/b' })).toBe(2);
    const shared = { own: { window: '3/1m', name: 'search' }, store } as const;
    expect(await passed(scene(shared), 2, { subject: 'ada', route: '/c' })).toBe(2);
    expect(await passed(scene(shared), 5, { subject: 'ada', route: '/d' })).toBe(1);
    expect(await passed(scene({ own: '2/1m', store, route: '/a' }), 5, { subject: 'ada', route: '/x' })).toBe(0);
  });

  test('HEAD spends what GET spends, and other methods have a budget of their own', async () => {
    const ask = scene({ own: '4/1m' });
    expect(await passed(ask, 3, { subject: 'ada' })).toBe(3);
    expect(await passed(ask, 5, { subject: 'ada', method: 'HEAD' })).toBe(1);
    expect(await passed(ask, 5, { subject: 'ada' })).toBe(0);
    expect(await passed(ask, 5, { subject: 'ada', method: 'POST' })).toBe(4);
  });

  test('one text is another caller in each tenant, on each route and of each limit, in whatever order they come', async () => {
    const byKey = scene({ own: { window: '2/1m', by: ({ request }) => request.headers['x-api-key'] as string } });
    const byIp = scene({ own: { window: '2/1m', by: 'ip' } });
    const routes = Array.from({ length: 12 }, (_, i) => `/route/${i}`);
    for (const expected of [1, 1, 0])
      for (const route of routes) {
        for (const tenant of ['', 'acme'])
          expect(await passed(byKey, 1, { tenant, route, headers: { 'x-api-key': '192.0.2.1' } })).toBe(expected);
        expect(await passed(byIp, 1, { route, ip: '192.0.2.1' })).toBe(expected);
      }
  });

  test('by address, by route, or by what a function says', async () => {
    const byIp = scene({ own: { window: '2/1m', by: 'ip' } });
    expect(await passed(byIp, 1, { subject: 'ada' })).toBe(1);
    expect(await passed(byIp, 5, { subject: 'bob' })).toBe(1);
    const byRoute = scene({ own: { window: '3/1m', by: 'route' } });
    expect(await passed(byRoute, 2, { subject: 'ada', ip: '192.0.2.1' })).toBe(2);
    expect(await passed(byRoute, 5, { subject: 'bob', ip: '192.0.2.2' })).toBe(1);
    const byKey = scene({ own: { window: '2/1m', by: ({ request }) => request.headers['x-api-key'] as string } });
    expect(await passed(byKey, 5, { headers: { 'x-api-key': 'one' } })).toBe(2);
    expect(await passed(byKey, 5, { headers: { 'x-api-key': '{one}\r\nx' } })).toBe(2);
    expect(await passed(byKey, 5)).toBe(5);
  });

  test('by the address of mail in the body, normalised; what it refuses is charged to no other limit', async () => {
    const ask = scene({
      own: [
        { window: '2/1m', by: 'email', name: 'mail' },
        { window: '4/1m', by: 'ip' },
      ],
    });
    expect(await passed(ask, 1, { body: { email: 'Ada@example.com' } })).toBe(1);
    expect(await passed(ask, 9, { body: { email: 'ada@example.com' } })).toBe(1);
    const told = await ask({ body: { email: 'bob@example.com' } });
    expect(told.status).toBe(200);
    expect(told.headers['ratelimit']).toMatch(/^"ip 4\/1m";r=1;t=\d+, "mail";r=1;t=\d+$/);
    for (const body of [{ email: 7 }, undefined]) expect((await ask({ body })).status).toBe(body ? 200 : 429);
  });
});

describe('cost', () => {
  test('that makes no sense of a limit by the body is 422, and nothing is charged to the others either', async () => {
    const cost = ({ request }: Exchange) => (request.headers['x-dear'] ? 4 : 1);
    const ask = scene({
      own: [
        { window: '3/1m', by: 'email', cost },
        { window: '2/1m', by: 'ip' },
      ],
    });
    const body = { email: 'ada@example.com' };
    expect(await statuses(ask, 3, { body, headers: { 'x-dear': 'yes' } })).toEqual([422, 422, 422]);
    expect(await statuses(ask, 3, { body })).toEqual([200, 200, 429]);
  });

  test('a request may cost several permits, or none', async () => {
    expect(await passed(scene({ own: { window: '10/1m', cost: 4 } }), 5)).toBe(2);
    expect(await passed(scene({ own: { window: '1/1m', cost: 0 } }), 5)).toBe(5);
    const asked = scene({ own: { window: '10/1m', cost: ({ request }) => Number(request.headers['x-cost']) } });
    expect(await statuses(asked, 3, { headers: { 'x-cost': '5' } })).toEqual([200, 200, 429]);
    expect(await statuses(asked, 1, { headers: { 'x-cost': '0' } })).toEqual([200]);
  });

  test.each(['11', '-1', '0.5', 'NaN'])('%s can never be charged: 422 at once, and nothing is', async (cost) => {
    const ask = scene({ own: { window: '10/1m', cost: ({ request }) => Number(request.headers['x-cost'] ?? 1) } });
    const refused = await ask({ headers: { 'x-cost': cost } });
    expect(refused.status).toBe(422);
    expect(JSON.parse(refused.body as string)).toMatchObject({ code: 'cost_not_chargeable' });
    expect(refused.headers['retry-after']).toBeUndefined();
    expect(await passed(ask, 20)).toBe(10);
  });
});

describe('permits of a rate that a limit by the body gives back', () => {
  const ada = { body: { email: 'ada@example.com' } };
  const anybody = { body: {} };
  /** All of the burst is taken, by requests that will be refused once their bodies are sent. */
  async function slowBodies() {
    const ask = scene({
      own: [
        { rate: '10/1s', burst: 100 },
        { window: '1/1h', by: 'email' },
      ],
    });
    await ask(ada);
    const bodies = Promise.withResolvers<void>();
    const slow = Array.from({ length: 99 }, () => ask({ ...ada, held: bodies.promise }));
    const send = async (): Promise<readonly number[]> => {
      bodies.resolve();
      return (await Promise.all(slow)).map(({ status }) => status);
    };
    return { ask, send };
  }

  test('are all of them, where it refuses at once', async () => {
    const ask = scene({
      own: [
        { rate: '1/1m', burst: 5 },
        { window: '1/1h', by: 'email' },
      ],
    });
    expect(await statuses(ask, 4, ada)).toEqual([200, 429, 429, 429]);
    expect(await passed(ask, 9, anybody)).toBe(4);
  });

  test('are none that came back by themselves while the body was awaited: never more than the burst at once', async () => {
    const { ask, send } = await slowBodies();
    now += 10_000;
    expect(await passed(ask, 150, anybody)).toBe(100);
    expect(await send()).toEqual(Array(99).fill(429));
    expect(await passed(ask, 9, anybody)).toBe(0);
  });

  test('are those that would not be back yet: with and without the refused it passes the same', async () => {
    const { ask, send } = await slowBodies();
    now += 4000;
    expect(await send()).toEqual(Array(99).fill(429));
    expect(await passed(ask, 150, anybody)).toBe(100);
  });
});

test('a refusal is told once, with who and where, and without the keys', async () => {
  const ask = scene({ tiers: { free: '1/1m' } });
  await statuses(ask, 2, { subject: 'ada', headers: { 'user-agent': 'curl' } });
  expect(told).toEqual([
    [
      'limit.exceeded',
      {
        limits: ['free'],
        tenant: '',
        subject: 'ada',
        route: '/orders',
        origin: { ip: '192.0.2.1', userAgent: 'curl', requestId: 'r' },
      },
    ],
  ]);
});

describe('the store', () => {
  test('sees neither callers nor names nor routes', async () => {
    const seen: string[] = [];
    const memory = memoryLimitStore();
    const store: LimitStore = {
      ...memory,
      consume: (checks) => {
        for (const { key, partition } of checks.flatMap(({ buckets }) => buckets)) seen.push(key, partition);
        return memory.consume(checks);
      },
    };
    const by = (): string => 'secret{}\r\n'.repeat(1000);
    const ask = scene({ store, tiers: { free: '9/1m' }, own: ['9/1m', { window: '9/1m', by, name: 'own' }] });
    await ask({ subject: 'ada', ip: '192.0.2.1' });
    expect(seen).toHaveLength(6);
    for (const text of seen) expect(text).toMatch(/^[\w-]{22,33}$/);
    expect(new Set(seen.filter((_, i) => i % 2 === 1)).size).toBe(2); // tier and route share the subject's partition
  });

  test('that answers later is waited for; one that is away is 503', async () => {
    const memory = memoryLimitStore();
    const later: LimitStore = { ...memory, consume: async (checks) => memory.consume(checks) };
    expect(await passed(scene({ everybody: '2/1m', store: later }), 5)).toBe(2);
    const away: LimitStore = { ...memory, consume: () => Promise.reject(new StoreUnavailableError('redis', 'gone')) };
    expect((await scene({ everybody: '2/1m', store: away })()).status).toBe(503);
  });
});
