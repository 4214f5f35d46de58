import { createGate } from '@castellan/adapter-express';
import { type BrowserOptions, type Castellan, createCastellan, memoryStores, principalOf } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import express from 'express';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { type Answer, json, listen, problem, type Wire } from '../express/wire.ts';
import { type BrowserClient, browserClient } from './browser-client.ts';

const ORIGIN = 'https://api.example.com';
const APP = 'https://app.example.com';
const EVIL = 'https://evil.example';
const AT = '__Host-Http-castellan-at';
const RT = '__Host-Http-castellan-rt';
const ada = { email: 'ada@example.com', password: 'correct horse battery' };

let keys: string;
let peppers: string;
beforeAll(async () => {
  keys = await generateKeys();
  peppers = generatePepper();
});

interface App {
  readonly wire: Wire;
  readonly castellan: Castellan;
  /** Moves every clock on, ms. */
  pass(ms: number): void;
  /** What was told under the name, so far. */
  told(name: string): readonly unknown[];
}

/** An Express app in cookie mode over memory stores. */
async function startApp(options: BrowserOptions = {}): Promise<App> {
  let now = Date.UTC(2026, 0, 5, 12);
  const clock = (): number => now;
  const castellan = createCastellan({
    issuer: ORIGIN,
    keys,
    peppers,
    clock,
    stores: memoryStores({ clock }),
    accounts: { argon2: { memoryKiB: 1024, passes: 1 } },
    cookies: true,
    ...options,
  });
  const facts: [string, unknown][] = [];
  for (const name of ['session.started', 'session.rotated', 'session.kept', 'session.reuse_detected'] as const)
    castellan.events.on(name, (fact) => facts.push([name, fact]));
  castellan.events.on('request.failed', ({ error }) => console.error(error));
  await castellan.start();
  onTestFinished(() => castellan.stop());
  const { front, guard, authRoutes, problems } = createGate(castellan);
  const app = express();
  app.use(front);
  app.use('/auth', authRoutes);
  app.get('/page', guard(), (req, res) => void res.send(`<p>${principalOf(req).subject}</p>`));
  app.get('/careless', guard(), (_req, res) => {
    res.setHeader('set-cookie', 'theme=dark');
    res.set('cache-control', 'public, max-age=60').send('x');
  });
  app.get('/framed', guard({ public: true }), (_req, res) => void res.set('x-frame-options', 'SAMEORIGIN').send('x'));
  app.post('/orders', guard(), (req, res) => void res.status(201).json({ owner: principalOf(req).subject }));
  app.get('/admin/orders', guard({ scope: 'admin' }), (_req, res) => void res.json({}));
  app.post('/own-login', async (req, res, next) => {
    try {
      await castellan.subjects.put({ id: '7' });
      const { headers, body } = await castellan.sessions.start({ subject: '7', transport: 'cookie', from: req });
      res.set(headers).json(body);
    } catch (error) {
      next(error);
    }
  });
  app.use(problems);
  return {
    wire: await listen(app),
    castellan: castellan as unknown as Castellan,
    pass(ms) {
      now += ms;
    },
    told: (name) => facts.filter(([one]) => one === name).map(([, fact]) => fact),
  };
}

let app: App;
let page: BrowserClient;
beforeEach(async () => {
  app = await startApp({ origins: [APP] });
  page = browserClient(app.wire, ORIGIN);
});
const register = (client = page): Promise<Answer> =>
  client.send('POST', '/auth/register', { body: { ...ada, transport: 'cookie' } });
const login = (client = page): Promise<Answer> =>
  client.send('POST', '/auth/login', { body: { ...ada, transport: 'cookie' } });
const setCookies = (answer: Answer): readonly string[] => answer.headers['set-cookie'] ?? [];

describe('signing in', () => {
  test('by registration: tokens in cookies that live as long as they do, and in no body', async () => {
    const answer = await register();
    expect(answer.status).toBe(201);
    expect(Object.keys(json(answer))).toEqual(['token_type', 'expires_in', 'account']);
    const { expires_in } = json<{ expires_in: number }>(answer);
    const [at = '', rt = ''] = setCookies(answer);
    expect(at).toMatch(new RegExp(`^${AT}=ey[\\w.-]+; Path=/; Max-Age=${expires_in}; Secure; HttpOnly; SameSite=Lax$`));
    expect(rt).toMatch(
      new RegExp(`^${RT}=cst_rt_[\\w-]+; Path=/; Max-Age=1209600; Secure; HttpOnly; SameSite=Strict$`),
    );
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers.vary).toBe('Origin, Sec-Fetch-Site');
  });

  test('by login, as JSON and as a form', async () => {
    await register();
    for (const sent of [{ body: { ...ada, transport: 'cookie' } }, { form: { ...ada, transport: 'cookie' } }]) {
      const client = browserClient(app.wire, ORIGIN);
      const answer = await client.send('POST', '/auth/login', sent);
      expect([answer.status, Object.keys(json(answer))]).toEqual([200, ['token_type', 'expires_in', 'account']]);
      expect((await client.send('GET', '/auth/me')).status).toBe(200);
    }
  });

  test('of an app with its own users: the answer has the cookies', async () => {
    const answer = await page.send('POST', '/own-login');
    expect([answer.status, Object.keys(json(answer))]).toEqual([200, ['token_type', 'expires_in']]);
    expect((await page.send('GET', '/page')).body.toString()).toBe('<p>7</p>');
    expect(problem(await browserClient(app.wire, EVIL).send('POST', '/own-login')).code).toBe('csrf_failed');
  });

  test('without a wish the tokens are in the body, and no cookie is touched', async () => {
    const answer = await page.send('POST', '/auth/register', { body: ada });
    expect(Object.keys(json(answer))).toContain('refresh_token');
    expect(setCookies(answer)).toEqual([]);
  });

  test.each(['/auth/register', '/auth/login'])(
    '%s of a page of another site is refused, before a hash is made',
    async (path) => {
      const client = browserClient(app.wire, EVIL);
      const answer = await client.send('POST', path, { body: { ...ada, transport: 'cookie' } });
      expect([answer.status, problem(answer).code, setCookies(answer)]).toEqual([403, 'csrf_failed', []]);
      expect(app.told('session.started')).toEqual([]);
    },
  );

  test('a login in bearer mode leaves nothing behind, so it is not asked where it comes from', async () => {
    await register();
    const answer = await browserClient(app.wire, EVIL).send('POST', '/auth/login', { body: ada });
    expect([answer.status, setCookies(answer)]).toEqual([200, []]);
  });

  test('a refused login leaves the cookies of before', async () => {
    await register();
    const answer = await page.send('POST', '/auth/login', {
      body: { ...ada, password: 'wrong password', transport: 'cookie' },
    });
    expect([answer.status, setCookies(answer)]).toEqual([401, []]);
    expect((await page.send('GET', '/auth/me')).status).toBe(200);
  });
});

describe('a request with the access cookie', () => {
  beforeEach(() => register());

  test('is its owner’s', async () => {
    expect((await page.send('GET', '/page')).status).toBe(200);
    expect((await page.send('POST', '/orders', { body: {} })).status).toBe(201);
  });

  test.each([
    ['of another site', { origin: EVIL }],
    ['of a sibling', { origin: 'https://sibling.example.com', 'sec-fetch-site': 'same-site' }],
    ['of a sandboxed frame', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['that shows nothing', {}],
    ['with a Basic in front, of another site', { origin: EVIL, authorization: 'Basic YTpi' }],
  ])('%s can change nothing', async (_of, headers) => {
    const client = browserClient(app.wire, null, page.jar);
    const answer = await client.send('POST', '/orders', { body: {}, headers });
    expect([answer.status, problem(answer).code]).toEqual([403, 'csrf_failed']);
    expect(answer.headers.vary).toBe('Origin, Sec-Fetch-Site');
    expect(setCookies(answer)).toEqual([]);
  });

  test.each([
    ['of a trusted origin', { origin: APP, 'sec-fetch-site': 'cross-site' }],
    ['of the same origin under another name', { origin: 'https://www.example.com', 'sec-fetch-site': 'same-origin' }],
    ['with an own Referer', { referer: `${ORIGIN}/page` }],
    ['with a Basic in front', { origin: ORIGIN, authorization: 'Basic YTpi' }],
  ])('%s is let in', async (_of, headers) => {
    const client = browserClient(app.wire, null, page.jar);
    expect((await client.send('POST', '/orders', { body: {}, headers })).status).toBe(201);
  });

  test('reads for anybody’s page: CORS keeps the answer from it', async () => {
    const answer = await browserClient(app.wire, null, page.jar).send('GET', '/page', { headers: { origin: EVIL } });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, undefined]);
  });

  test('that also has an Authorization of ours goes by that alone, and never falls back', async () => {
    for (const authorization of ['Bearer x', 'Bearer', 'DPoP x']) {
      const answer = await page.send('GET', '/page', { headers: { authorization } });
      expect([answer.status, authorization]).toEqual([401, authorization]);
    }
    const { access_token } = json<{ access_token: string }>(await page.send('POST', '/auth/login', { body: ada }));
    const bearer = { authorization: `Bearer ${access_token}`, origin: EVIL };
    expect((await page.send('POST', '/orders', { body: {}, headers: bearer })).status).toBe(201);
  });

  test('twice in the header counts as absent', async () => {
    const twice = `${AT}=${page.jar.get(AT)}; ${AT}=${page.jar.get(AT)}`;
    const answer = await browserClient(app.wire, ORIGIN).send('GET', '/page', { headers: { cookie: twice } });
    expect(problem(answer).code).toBe('token_missing');
  });

  test('that is dead is a 401 and keeps its cookies: a newer login may have set them', async () => {
    app.pass(16 * 60_000);
    const answer = await page.send('GET', '/page');
    expect([answer.status, problem(answer).code, setCookies(answer)]).toEqual([401, 'token_expired', []]);
  });
});

describe('the CSRF token', () => {
  const bare = (): BrowserClient => browserClient(app.wire, null, page.jar);
  const token = async (client: BrowserClient): Promise<string> =>
    json<{ csrf_token: string }>(await client.send('GET', '/auth/csrf')).csrf_token;

  test('lets requests in that show nothing else, in the session that it was made for', async () => {
    await register();
    const answer = await bare().send('GET', '/auth/csrf');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(setCookies(answer)[0]).toMatch(/^__Host-castellan-csrf=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
    const { csrf_token } = json<{ csrf_token: string }>(answer);
    const headers = { 'x-csrf-token': csrf_token };
    expect((await bare().send('POST', '/orders', { body: {}, headers })).status).toBe(201);
    await login();
    expect(problem(await bare().send('POST', '/orders', { body: {}, headers })).code).toBe('csrf_failed');
    expect(
      (await bare().send('POST', '/orders', { body: {}, headers: { 'x-csrf-token': await token(bare()) } })).status,
    ).toBe(201);
  });

  test('outlives a refresh, and is good in another tab', async () => {
    await register();
    const first = await token(bare());
    app.pass(60_000);
    expect((await page.send('POST', '/auth/refresh')).status).toBe(200);
    expect(await token(bare())).toBe(first);
    expect((await bare().send('POST', '/orders', { headers: { 'x-csrf-token': first } })).status).toBe(201);
  });

  test('is taken from the field of a login and a log-out form', async () => {
    await page.send('POST', '/auth/register', { body: ada });
    const form = { ...ada, transport: 'cookie' };
    expect(problem(await bare().send('POST', '/auth/login', { form })).code).toBe('csrf_failed');
    const signedIn = await bare().send('POST', '/auth/login', { form: { ...form, csrf_token: await token(bare()) } });
    expect(signedIn.status).toBe(200);
    expect(problem(await bare().send('POST', '/auth/logout')).code).toBe('csrf_failed');
    const out = await bare().send('POST', '/auth/logout', { form: { csrf_token: await token(bare()) } });
    expect([out.status, page.jar.has(RT)]).toEqual([204, false]);
  });
});

describe('POST /auth/refresh', () => {
  beforeEach(() => register());

  test('takes the token from its cookie and sets both anew, with what the session has left', async () => {
    const before = page.jar.get(RT);
    app.pass(60_000);
    const answer = await page.send('POST', '/auth/refresh');
    expect([answer.status, Object.keys(json(answer))]).toEqual([200, ['token_type', 'expires_in']]);
    expect(setCookies(answer).map((cookie) => cookie.split('=')[0])).toEqual([AT, RT]);
    expect(page.jar.get(RT)).not.toBe(before);
    app.pass(29 * 86_400_000);
    expect(problem(await page.send('POST', '/auth/refresh')).code).toBe('session_expired');
  });

  test('the cookies of a session near its end live no longer than it', async () => {
    for (const _days of [10, 20, 29]) {
      app.pass(9.7 * 86_400_000);
      await page.send('POST', '/auth/refresh');
    }
    app.pass(60_000);
    const [, rt] = setCookies(await page.send('POST', '/auth/refresh'));
    expect(rt).toContain(`Max-Age=${0.9 * 86_400 - 60};`);
  });

  test('that keeps the refresh token leaves its cookie untouched', async () => {
    await page.send('POST', '/auth/refresh');
    const kept = page.jar.get(RT);
    const answer = await page.send('POST', '/auth/refresh');
    expect(app.told('session.kept')).toHaveLength(1);
    expect(setCookies(answer).map((cookie) => cookie.split('=')[0])).toEqual([AT]);
    expect(page.jar.get(RT)).toBe(kept);
  });

  test('a lost answer is given again, and a copy that is used late ends the session', async () => {
    const copy = browserClient(app.wire, ORIGIN, new Map(page.jar));
    await page.send('POST', '/auth/refresh');
    await copy.send('POST', '/auth/refresh');
    expect(copy.jar.get(RT)).toBe(page.jar.get(RT));
    app.pass(60_000);
    await page.send('POST', '/auth/refresh');
    app.pass(60_000);
    await page.send('POST', '/auth/refresh');
    const late = await copy.send('POST', '/auth/refresh');
    expect([problem(late).code, setCookies(late)]).toEqual(['invalid_grant', []]);
    expect(app.told('session.reuse_detected')).toHaveLength(1);
  });

  test('with an attempt key in its body', async () => {
    const body = { attempt: 'a'.repeat(16) };
    expect((await page.send('POST', '/auth/refresh', { body })).status).toBe(200);
    expect((await page.send('POST', '/auth/refresh', { body: { attempt: 'short' } })).status).toBe(422);
  });

  test('of another site is refused and spends nothing', async () => {
    const before = page.jar.get(RT);
    const answer = await browserClient(app.wire, EVIL, page.jar).send('POST', '/auth/refresh');
    expect(problem(answer).code).toBe('csrf_failed');
    expect([page.jar.get(RT), app.told('session.rotated')]).toEqual([before, []]);
  });

  test('without a cookie is a 401; with Authorization the body must have the token', async () => {
    const fresh = browserClient(app.wire, ORIGIN);
    expect(problem(await fresh.send('POST', '/auth/refresh')).code).toBe('invalid_grant');
    const headers = { authorization: 'Bearer x' };
    expect(problem(await page.send('POST', '/auth/refresh', { headers, body: {} })).code).toBe('validation_failed');
  });

  test('a session refuses the other transport, both ways', async () => {
    const stolen = await page.send('POST', '/auth/refresh', { body: { refresh_token: page.jar.get(RT) } });
    expect(problem(stolen).code).toBe('invalid_grant');
    const bearer = json<{ refresh_token: string }>(await page.send('POST', '/auth/login', { body: ada }));
    const planted = browserClient(app.wire, ORIGIN, new Map([[RT, bearer.refresh_token]]));
    expect(problem(await planted.send('POST', '/auth/refresh')).code).toBe('invalid_grant');
  });
});

describe('POST /auth/logout', () => {
  beforeEach(() => register());
  const gone = (): readonly boolean[] => [page.jar.has(AT), page.jar.has(RT)];

  test('ends the session and takes the cookies away', async () => {
    const copy = browserClient(app.wire, ORIGIN, new Map(page.jar));
    const answer = await page.send('POST', '/auth/logout');
    expect([answer.status, gone()]).toEqual([204, [false, false]]);
    expect(problem(await copy.send('GET', '/page')).code).toBe('invalid_token');
    expect(problem(await copy.send('POST', '/auth/refresh')).code).toBe('invalid_grant');
  });

  test('by the refresh cookie alone, and by the access cookie alone', async () => {
    const copy = browserClient(app.wire, ORIGIN, new Map(page.jar));
    page.jar.delete(AT);
    expect((await page.send('POST', '/auth/logout')).status).toBe(204);
    expect((await copy.send('GET', '/page')).status).toBe(401);
    await login();
    const other = browserClient(app.wire, ORIGIN, new Map(page.jar));
    page.jar.delete(RT);
    expect((await page.send('POST', '/auth/logout')).status).toBe(204);
    expect((await other.send('POST', '/auth/refresh')).status).toBe(401);
  });

  test('with dead cookies takes them away, too', async () => {
    app.pass(31 * 86_400_000);
    expect([(await page.send('POST', '/auth/logout')).status, gone()]).toEqual([204, [false, false]]);
  });

  test('of a jar that a slow answer has mixed ends both sessions', async () => {
    const first = browserClient(app.wire, ORIGIN, new Map(page.jar));
    await login();
    const second = browserClient(app.wire, ORIGIN, new Map(page.jar));
    page.jar.set(AT, first.jar.get(AT) as string);
    expect((await page.send('POST', '/auth/logout')).status).toBe(204);
    expect([(await first.send('GET', '/page')).status, (await second.send('GET', '/page')).status]).toEqual([401, 401]);
  });

  test('of another site is refused, and without cookies there is nobody to log out', async () => {
    expect(problem(await browserClient(app.wire, EVIL, page.jar).send('POST', '/auth/logout')).code).toBe(
      'csrf_failed',
    );
    expect((await page.send('GET', '/page')).status).toBe(200);
    expect(problem(await browserClient(app.wire, ORIGIN).send('POST', '/auth/logout')).code).toBe('token_missing');
  });

  test('with a token in the body is bearer mode: cookies are neither looked at nor taken away', async () => {
    const answer = await page.send('POST', '/auth/logout', { body: { refresh_token: 'x' } });
    expect([answer.status, setCookies(answer)]).toEqual([204, []]);
    expect((await page.send('GET', '/page')).status).toBe(200);
  });

  test('everywhere takes the cookies away, too', async () => {
    expect([(await page.send('POST', '/auth/logout-all')).status, gone()]).toEqual([204, [false, false]]);
  });
});

test('a changed password keeps this browser signed in with new cookies, and ends the others', async () => {
  await register();
  const other = browserClient(app.wire, ORIGIN);
  await login(other);
  const before = page.jar.get(RT);
  const body = { current_password: ada.password, new_password: 'another horse battery' };
  expect(
    problem(await browserClient(app.wire, EVIL, page.jar).send('POST', '/auth/change-password', { body })).code,
  ).toBe('csrf_failed');
  const refused = await page.send('POST', '/auth/change-password', { body: { ...body, current_password: 'wrong' } });
  expect([refused.status, setCookies(refused)]).toEqual([401, []]);
  const answer = await page.send('POST', '/auth/change-password', { body });
  expect([answer.status, Object.keys(json(answer))]).toEqual([200, ['token_type', 'expires_in']]);
  expect(page.jar.get(RT)).not.toBe(before);
  expect((await page.send('GET', '/page')).status).toBe(200);
  expect((await page.send('POST', '/auth/refresh')).status).toBe(200);
  expect([(await other.send('GET', '/page')).status, (await other.send('POST', '/auth/refresh')).status]).toEqual([
    401, 401,
  ]);
});

describe('ssrRefresh', () => {
  const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html' };
  beforeEach(async () => {
    app = await startApp({ cookies: { ssrRefresh: true } });
    page = browserClient(app.wire, ORIGIN);
    expect(setCookies(await register())[1]).toContain('SameSite=Lax');
    app.pass(60_000);
  });

  test('a page request whose access cookie has died is signed in by its refresh cookie', async () => {
    const before = page.jar.get(RT);
    page.jar.delete(AT); // its Max-Age is over
    const answer = await page.send('GET', '/page', { headers: navigation });
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(page.jar.get(RT)).not.toBe(before);
    expect((await page.send('GET', '/page')).status).toBe(200);
  });

  test('also one that only asks for HTML, and one whose access cookie is expired or forged', async () => {
    app.pass(16 * 60_000);
    expect((await page.send('GET', '/page', { headers: { accept: 'text/html,*/*;q=0.8' } })).status).toBe(200);
    page.jar.set(AT, 'forged');
    expect((await page.send('GET', '/page', { headers: navigation })).status).toBe(200);
  });

  test.each([
    ['a script', 'GET', { 'sec-fetch-mode': 'cors', accept: 'text/html' }],
    ['a form', 'POST', navigation],
    ['a client that asks for JSON', 'GET', { accept: 'application/json' }],
    ['a WebSocket', 'GET', { ...navigation, connection: 'upgrade', upgrade: 'websocket' }],
    ['a bearer', 'GET', { ...navigation, authorization: 'Bearer x' }],
  ])('%s is not refreshed on its way', async (_who, method, headers) => {
    page.jar.delete(AT);
    const answer = await page.send(method, method === 'GET' ? '/page' : '/orders', { headers });
    expect([answer.status, setCookies(answer)]).toEqual([401, []]);
    expect(app.told('session.rotated')).toEqual([]);
  });

  test('the new tokens leave on every exit, also with a refusal, and beside what the handler sets', async () => {
    page.jar.delete(AT);
    const refused = await page.send('GET', '/admin/orders', { headers: navigation });
    expect([refused.status, setCookies(refused).length]).toEqual([403, 2]);
    app.pass(60_000);
    page.jar.delete(AT);
    const careless = await page.send('GET', '/careless', { headers: navigation });
    expect(careless.headers['cache-control']).toBe('no-store');
    expect(setCookies(careless).map((cookie) => cookie.split('=')[0])).toEqual(['theme', AT, RT]);
  });

  test('it confirms nothing: an answer that is lost is given again, however late', async () => {
    page.jar.delete(AT);
    const lost = browserClient(app.wire, ORIGIN, new Map(page.jar));
    await lost.send('GET', '/page', { headers: navigation });
    app.pass(3_600_000);
    expect((await page.send('GET', '/page', { headers: navigation })).status).toBe(200);
    expect(app.told('session.reuse_detected')).toEqual([]);
  });

  test('a refresh that is refused is a 401 and leaves the cookies', async () => {
    const copy = browserClient(app.wire, ORIGIN, new Map(page.jar));
    await page.send('POST', '/auth/logout');
    const answer = await copy.send('GET', '/page', { headers: navigation });
    expect([answer.status, problem(answer).code, setCookies(answer)]).toEqual([401, 'invalid_grant', []]);
  });
});

describe('CORS', () => {
  const asks = (origin: string) => ({ origin, 'access-control-request-method': 'POST' });

  test('a preflight of a listed origin ends at the front, on any path', async () => {
    for (const path of ['/orders', '/auth/login', '/nowhere']) {
      const answer = await browserClient(app.wire, null).send('OPTIONS', path, { headers: asks(APP) });
      expect([answer.status, answer.headers['access-control-allow-origin'], answer.headers.vary]).toEqual([
        204,
        APP,
        'Origin',
      ]);
      expect(answer.headers['access-control-allow-credentials']).toBe('true');
      expect(answer.headers['access-control-allow-headers']).toContain('X-CSRF-Token');
    }
  });

  test('a preflight of any other is refused, without an allow header', async () => {
    const answer = await browserClient(app.wire, null).send('OPTIONS', '/orders', { headers: asks(EVIL) });
    expect([answer.status, problem(answer).code]).toEqual([403, 'origin_not_allowed']);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  test('a listed origin reads every answer, refusals too; any other reads none', async () => {
    for (const [origin, allowed] of [
      [APP, APP],
      [EVIL, undefined],
    ] as const) {
      const answer = await browserClient(app.wire, null).send('GET', '/page', { headers: { origin } });
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([401, allowed]);
      expect(answer.headers.vary).toBe('Origin');
    }
  });

  test('without origins nothing is answered and nothing is said', async () => {
    const plain = await startApp();
    const answer = await browserClient(plain.wire, null).send('OPTIONS', '/orders', { headers: asks(EVIL) });
    expect(answer.status).not.toBe(403);
    expect(answer.headers).not.toHaveProperty('vary');
  });
});

test('hosts: what a host does not serve is 421, before anything else is looked at', async () => {
  app = await startApp({ hosts: { 'admin.example.com': ['/admin'] } });
  const ask = (host: string, path: string) => browserClient(app.wire, null).send('GET', path, { headers: { host } });
  expect((await ask('api.example.com', '/page')).status).toBe(401);
  expect((await ask('admin.example.com', '/admin/orders')).status).toBe(401);
  for (const [host, path] of [
    ['admin.example.com', '/page'],
    ['admin.example.com', '/admin/%2e%2e/page'],
    ['evil.example', '/page'],
  ] as const)
    expect(problem(await ask(host, path))).toMatchObject({ code: 'misdirected_host', status: 421 });
});

test('security headers leave on every exit, and a handler may put its own in their place', async () => {
  app = await startApp({ securityHeaders: { profile: 'prod', reportTo: '/auth/csp-report' }, origins: [APP] });
  page = browserClient(app.wire, ORIGIN);
  await register();
  const answers = [
    await page.send('GET', '/page'),
    await page.send('GET', '/nowhere'),
    await page.send('POST', '/auth/login', { body: {} }),
    await page.send('OPTIONS', '/page', { headers: { origin: EVIL, 'access-control-request-method': 'PUT' } }),
    await browserClient(app.wire, EVIL, page.jar).send('POST', '/orders'),
    await browserClient(app.wire, null).send('GET', '/framed'),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 404, 422, 403, 403, 200]);
  expect(answers.map(({ headers }) => headers['x-frame-options'])).toEqual([...Array(5).fill('DENY'), 'SAMEORIGIN']);
  for (const { headers } of answers) {
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'reporting-endpoints': `csp="${ORIGIN}/auth/csp-report"`,
    });
  }
});

describe('POST /auth/csp-report', () => {
  const report = { 'csp-report': { 'document-uri': `${ORIGIN}/page?x`, 'effective-directive': 'img-src' } };
  const send = (type: string, body: unknown): Promise<Answer> =>
    browserClient(app.wire, EVIL).send('POST', '/auth/csp-report', { headers: { 'content-type': type }, body });
  let told: unknown[];
  beforeEach(async () => {
    app = await startApp({ securityHeaders: 'dev' });
    told = [];
    app.castellan.events.on('csp.reported', (fact) => told.push(fact));
  });

  test('takes both types that browsers send, and no others', async () => {
    expect((await send('application/csp-report', report)).status).toBe(204);
    const batch = [{ type: 'csp-violation', body: { documentURL: `${ORIGIN}/page` } }];
    expect((await send('application/reports+json', batch)).status).toBe(204);
    expect(told).toMatchObject([
      { count: 1, violations: [{ documentUrl: `${ORIGIN}/page`, directive: 'img-src' }] },
      { count: 1, violations: [{ documentUrl: `${ORIGIN}/page` }] },
    ]);
    expect((await send('application/json', report)).status).toBe(415);
  });

  test('reads 64 KiB at most', async () => {
    const answer = await send('application/csp-report', { 'csp-report': { a: 'x'.repeat(65_536) } });
    expect([answer.status, told]).toEqual([413, []]);
  });
});

describe('the start', () => {
  const make = (options: BrowserOptions & { readonly issuer?: string }) =>
    createCastellan({ issuer: ORIGIN, keys, peppers, stores: memoryStores(), ...options });

  test.each(['http://api.example.com', 'http://10.0.0.1:3000'])('stops with cookies over %s', async (origin) => {
    await expect(make({ origin, cookies: true }).start()).rejects.toThrow(/origin: cookies/);
    await expect(make({ issuer: origin, cookies: true }).start()).rejects.toThrow(/origin: cookies/);
    await using insecure = make({ origin, cookies: { insecure: true } });
    await insecure.start();
    await using bearer = make({ origin });
    await bearer.start();
  });

  test.each(['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000'])(
    'takes %s for safe',
    async (origin) => {
      await using castellan = make({ origin, cookies: true });
      await castellan.start();
    },
  );

  test('warns of a trusted origin over plain http', async () => {
    await using castellan = make({ cookies: true, origins: ['http://app.example.com'] });
    const messages: string[] = [];
    castellan.events.on('configuration.warning', ({ message }) => messages.push(message));
    await castellan.start();
    expect(messages).toHaveLength(1);
  });

  test.each<[string, BrowserOptions & { readonly issuer?: string }]>([
    ['origin', { origin: 'api.example.com' }],
    ['origin', { issuer: 'castellan', cookies: true }],
    ['origin', { issuer: 'castellan', hosts: {} }],
    ['origins[1]', { origins: [APP, `${APP}/path`] }],
    ['cookies.insecure', { cookies: { insecure: true } }],
    ['cookies.names.access', { cookies: { names: { access: 'at' } } }],
    ['cors.methods', { cors: { methods: ['*'] } }],
    ['securityHeaders.profile', { securityHeaders: 'none' as never }],
    ['hosts["a:1"]', { hosts: { 'a:1': [] } }],
  ])('a bad %s is a TypeError at composition that names it', (path, options) => {
    expect(() => make(options)).toThrow(TypeError);
    expect(() => make(options)).toThrow(path);
  });

  test('without cookies nobody can ask for them, and there is no /auth/csrf', async () => {
    const plain = await startApp({ cookies: false });
    const client = browserClient(plain.wire, ORIGIN);
    const answer = await client.send('POST', '/auth/register', { body: { ...ada, transport: 'cookie' } });
    expect(problem(answer)).toMatchObject({ code: 'validation_failed', fields: [{ pointer: '/transport' }] });
    expect((await client.send('GET', '/auth/csrf')).status).toBe(404);
    const from = { headers: {}, socket: {} } as never;
    await plain.castellan.subjects.put({ id: '7' });
    await expect(plain.castellan.sessions.start({ subject: '7', transport: 'cookie', from })).rejects.toThrow(
      /options\.cookies/,
    );
  });
});
