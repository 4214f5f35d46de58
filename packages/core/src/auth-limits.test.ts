import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuthLimitOptions } from './auth-limits.ts';
import type { LimitsOptions } from './compose-limits.ts';
import { type HttpRequest, type HttpResponse, Problem } from './http/index.ts';
import { createCastellan, memoryStores } from './index.ts';
import { StoreUnavailableError } from './kernel/index.ts';
import type { LimitStore } from './limits/index.ts';
import { generatePepper } from './sessions/index.ts';
import { generateKeys } from './tokens/index.ts';

const keys = await generateKeys();
const MINUTE = 60_000;
const PASSWORD = 'correct horse battery staple';
const OFFICE = '203.0.113.7';
let now = 0;

interface Surroundings {
  readonly limitStore?: LimitStore;
  readonly onAccountCreated?: () => Promise<void>;
}
function compose(limits?: false | LimitsOptions, { limitStore, onAccountCreated }: Surroundings = {}) {
  const stores = { ...memoryStores({ clock: () => now }), ...(limitStore && { limits: limitStore }) };
  return createCastellan({
    issuer: 'https://api.example.com',
    keys,
    peppers: generatePepper(),
    stores,
    clock: () => now,
    accounts: { argon2: { memoryKiB: 1024, passes: 1 }, ...(onAccountCreated && { onAccountCreated }) },
    ...(limits !== undefined && { limits }),
  });
}
type App = ReturnType<typeof compose>;
let app: App;

beforeEach(async () => {
  now = Date.UTC(2026, 0, 5, 9, 30);
  app = compose();
  await app.start();
});
afterEach(() => app.stop());

interface Call {
  readonly method?: string;
  readonly body?: unknown;
  readonly ip?: string;
  readonly headers?: Record<string, string>;
}
interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly body: Record<string, unknown>;
  readonly headers: HttpResponse['headers'];
}
async function call(target: string, { method = 'POST', body, ip = OFFICE, headers = {} }: Call = {}): Promise<Answer> {
  const match = app.http.match(method, target);
  if (!match) throw new Error(`${target} is not mounted`);
  const request: HttpRequest = {
    method,
    target,
    route: target,
    headers,
    ip,
    arrivedAt: performance.now(),
    gone: false,
  };
  const exchange = app.http.exchange(request);
  const response = await app.http.serve(match, exchange, async () => ({ value: body, raw: undefined }));
  const told: Record<string, unknown> = typeof response.body === 'string' ? JSON.parse(response.body) : {};
  return {
    status: response.status,
    code: told['code'] as string | undefined,
    body: told,
    headers: { ...exchange.headers, ...response.headers },
  };
}
/** Accounts for the tests, made where registrations are not limited by the office's address. */
let registered = 0;
async function account(email: string): Promise<Answer> {
  const ip = `198.51.${registered >> 8}.${registered++ & 255}`;
  const answer = await call('/register', { body: { email, password: PASSWORD }, ip });
  expect(answer.status).toBe(201);
  return answer;
}
const login = (email: string, password: string, ip = OFFICE, headers?: Record<string, string>): Promise<Answer> =>
  call('/login', { body: { email, password }, ip, ...(headers && { headers }) });

describe('sign-in', () => {
  test('the 6th wrong password in a minute is 429, with headers, and says when to come again', async () => {
    await account('ada@example.com');
    for (let i = 0; i < 5; i++) {
      const wrong = await login('ada@example.com', 'wrong');
      expect(wrong.status).toBe(401);
      expect(wrong.headers['ratelimit-policy']).toBe('"login";q=5;w=60, "login-address";q=30;w=60');
      expect(wrong.headers['ratelimit']).toMatch(
        new RegExp(`^"login";r=${4 - i};t=\\d+, "login-address";r=${29 - i};t=`),
      );
    }
    const refused = await login('ada@example.com', PASSWORD);
    expect(refused).toMatchObject({ status: 429, code: 'rate_limited', body: { violated_policies: ['login'] } });
    const seconds = Number(refused.headers['retry-after']);
    expect(seconds).toBeGreaterThanOrEqual(60);
    expect(refused.headers['ratelimit']).toContain(`"login";r=0;t=${seconds}`);
    now += seconds * 1000;
    expect((await login('ada@example.com', PASSWORD)).status).toBe(200);
  });

  test('another spelling of the address is the same account', async () => {
    await account('ada@example.com');
    for (const email of [
      'ada@example.com',
      ' ADA@Example.com',
      'ａda@example.com',
      'Ada@example.com',
      'aDa@example.com',
    ])
      expect((await login(email, 'wrong')).status).toBe(401);
    expect((await login('ada@EXAMPLE.com', 'wrong')).status).toBe(429);
  });

  test('answers and headers are the same whether or not there is such an account', async () => {
    await account('ada@example.com');
    const told = async (email: string, ip: string): Promise<unknown[]> => {
      const answers: unknown[] = [];
      for (let i = 0; i < 7; i++) {
        const { status, headers, body } = await login(email, 'wrong', ip);
        const { 'x-request-id': _id, 'content-length': _length, ...rest } = headers;
        answers.push([status, rest, { ...body, request_id: undefined }]);
      }
      return answers;
    };
    expect(await told('nobody@example.com', '192.0.2.1')).toEqual(await told('ada@example.com', '192.0.2.2'));
  });

  test('nobody can lock the owner out of an address that signed in before, however many guess from elsewhere', async () => {
    await account('ada@example.com');
    const home = '2001:db8:1:200::1';
    expect((await login('ada@example.com', PASSWORD, home)).status).toBe(200);
    const guesses: number[] = [];
    for (let i = 0; i < 40; i++) guesses.push((await login('ada@example.com', 'wrong', `198.18.0.${i}`)).status);
    expect(guesses.filter((status) => status === 401)).toHaveLength(20);
    expect(guesses.slice(20).every((status) => status === 429)).toBe(true);
    expect((await login('ada@example.com', PASSWORD, '198.18.1.1')).status).toBe(429);
    expect((await login('ada@example.com', PASSWORD, '2001:db8:1:2ff::2')).status).toBe(200);
  });

  test('nor of the address and the device on which the account was made', async () => {
    await app.stop();
    app = compose({ deviceCookie: true });
    await app.start();
    const made = await call('/register', { body: { email: 'ada@example.com', password: PASSWORD }, ip: '192.0.2.1' });
    const cookie = String([made.headers['set-cookie']].flat().find((one) => one?.includes('castellan-device')));
    const device = { cookie: cookie.split(';')[0] as string };
    for (let i = 0; i < 40; i++) await login('ada@example.com', 'wrong', `198.18.0.${i}`);
    expect((await login('ada@example.com', PASSWORD, '192.0.2.99')).status).toBe(429);
    expect((await login('ada@example.com', PASSWORD, '192.0.2.1')).status).toBe(200);
    expect((await login('ada@example.com', PASSWORD, '192.0.2.99', device)).status).toBe(200);
  });

  test('such an address stays known for a month from its last sign-in, not from its first', async () => {
    const home = '2001:db8:1:200::1';
    const DAY = 24 * 60 * MINUTE;
    await account('ada@example.com');
    for (let week = 0; week < 12; week++) {
      expect((await login('ada@example.com', PASSWORD, home)).status).toBe(200);
      now += 7 * DAY;
    }
    now += 22 * DAY;
    for (let i = 0; i < 40; i++) await login('ada@example.com', 'wrong', `198.18.0.${i}`);
    expect((await login('ada@example.com', PASSWORD, home)).status).toBe(200);
    now += 33 * DAY;
    for (let i = 0; i < 40; i++) await login('ada@example.com', 'wrong', `198.18.0.${i}`);
    expect((await login('ada@example.com', PASSWORD, home)).status).toBe(429);
  });

  test('many addresses can’t guess at one account while the store is away either, however many processes share it', async () => {
    const gone = () => Promise.reject(new StoreUnavailableError('redis', 'gone'));
    await app.stop();
    app = compose({ expectedInstances: 4 }, { limitStore: { consume: gone, giveBack: gone } });
    await app.start();
    const guesses: number[] = [];
    for (let i = 0; i < 40; i++) guesses.push((await login('ada@example.com', 'wrong', `198.18.0.${i}`)).status);
    expect(guesses.filter((status) => status === 401)).toHaveLength(20 / 4);
    expect(guesses.slice(5).every((status) => status === 429)).toBe(true);
  });

  test('nor of such a device by guessing from the very address where it is', async () => {
    await app.stop();
    app = compose({ deviceCookie: true });
    await app.start();
    await account('ada@example.com');
    const first = await login('ada@example.com', PASSWORD);
    const cookie = String([first.headers['set-cookie']].flat().find((one) => one?.includes('castellan-device')));
    const device = { cookie: cookie.split(';')[0] as string };
    for (let i = 0; i < 10; i++) await login('ada@example.com', 'wrong');
    for (let i = 0; i < 40; i++) await login(`victim${i}@example.com`, 'wrong');
    expect((await login('ada@example.com', PASSWORD)).status).toBe(429);
    expect((await login('ada@example.com', PASSWORD, OFFICE, device)).status).toBe(200);
    // it has a budget of its own, wherever it is; and none for other accounts
    for (let i = 0; i < 5; i++)
      expect((await login('ada@example.com', 'wrong', `192.0.2.${i}`, device)).status).toBe(401);
    expect((await login('ada@example.com', 'wrong', '192.0.2.9', device)).status).toBe(429);
    expect((await login('bob@example.com', 'wrong', OFFICE, device)).status).toBe(429);
  });

  test('nor of a device that signed in before, at whatever address it is now', async () => {
    await app.stop();
    app = compose({ deviceCookie: true });
    await app.start();
    await account('ada@example.com');
    const first = await login('ada@example.com', PASSWORD, '192.0.2.1');
    const cookie = String([first.headers['set-cookie']].flat().find((one) => one?.includes('castellan-device')));
    expect(cookie).toMatch(
      /^__Host-castellan-device=.*; Path=\/; Max-Age=15552000; Secure; HttpOnly; SameSite=Strict$/,
    );
    expect(cookie).not.toContain('ada');
    const device = { cookie: cookie.split(';')[0] as string };
    for (let i = 0; i < 40; i++) await login('ada@example.com', 'wrong', `198.18.0.${i}`);
    expect((await login('ada@example.com', PASSWORD, '192.0.2.99')).status).toBe(429);
    expect((await login('ada@example.com', PASSWORD, '192.0.2.99', device)).status).toBe(200);
    // a budget of its own, not an open door; and it says nothing of other accounts
    await account('bob@example.com');
    for (let i = 0; i < 40; i++) await login('bob@example.com', 'wrong', `198.18.0.${i}`, device);
    expect((await login('bob@example.com', PASSWORD, '192.0.2.98', device)).status).toBe(429);
    for (let i = 0; i < 25; i++) await login('ada@example.com', 'wrong', `198.18.2.${i}`, device);
    expect((await login('ada@example.com', PASSWORD, '192.0.2.97', device)).status).toBe(429);
  });

  test('an office of 200 people behind one address signs in within ten minutes, slips included, and refreshes at any time', async () => {
    const people = Array.from({ length: 200 }, (_, i) => `person${i}@example.com`);
    const tokens: string[] = [];
    for (const email of people) await account(email);
    const start = now;
    const waiting = [...people];
    while (waiting.length > 0) {
      const email = waiting.shift() as string;
      // every fourth mistypes the password first
      if (people.indexOf(email) % 4 === 0) await login(email, 'slip');
      const answer = await login(email, PASSWORD);
      if (answer.status === 200) tokens.push(String(answer.body['refresh_token']));
      else {
        expect(answer.status).toBe(429);
        waiting.push(email);
        now += 1000;
      }
    }
    expect(now - start).toBeLessThan(10 * MINUTE);
    for (const refresh_token of tokens) expect((await call('/refresh', { body: { refresh_token } })).status).toBe(200);
  });

  test("one address can't stuff passwords into many accounts", async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 100; i++) statuses.push((await login(`victim${i}@example.com`, 'hunter2 hunter2')).status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(30);
    expect(statuses.slice(30).every((status) => status === 429)).toBe(true);
  });

  test('a body that is no sign-in costs nothing: nobody has looked at a password', async () => {
    for (let i = 0; i < 10; i++)
      for (const email of ['x'.repeat(10_000), 7, null, { toString: 'x' }, 'no address', '\u0000@example.com'])
        expect((await call('/login', { body: { email, password: 'x' } })).status).toBe(422);
    expect((await call('/login', { body: 'nonsense' })).status).toBe(422);
    expect((await login('ada@example.com', 'wrong')).status).toBe(401);
  });
});

test('registration: ten a quarter of an hour from one address', async () => {
  for (let i = 0; i < 10; i++)
    expect((await call('/register', { body: { email: `a${i}@example.com`, password: PASSWORD } })).status).toBe(201);
  const refused = await call('/register', { body: { email: 'a11@example.com', password: PASSWORD } });
  expect(refused).toMatchObject({ status: 429, body: { violated_policies: ['register'] } });
  expect(
    (await call('/register', { body: { email: 'b@example.com', password: PASSWORD }, ip: '192.0.2.8' })).status,
  ).toBe(201);
});

test('registration: a mistyped form costs nothing, a taken address does', async () => {
  for (let i = 0; i < 30; i++)
    expect((await call('/register', { body: { email: 'a@example.com', password: 'short' } })).status).toBe(422);
  const form = { email: 'a@example.com', password: PASSWORD };
  expect((await call('/register', { body: form })).status).toBe(201);
  for (let i = 0; i < 9; i++) expect((await call('/register', { body: form })).status).toBe(409);
  expect((await call('/register', { body: form })).status).toBe(429);
});

test('registration: what the app itself refuses is no mistyped form: it has cost a hash, and is counted', async () => {
  await app.stop();
  const onAccountCreated = async (): Promise<void> => {
    throw new Problem('validation_failed', { detail: 'not from our company' });
  };
  app = compose(undefined, { onAccountCreated });
  await app.start();
  for (let i = 0; i < 10; i++)
    expect((await call('/register', { body: { email: `a${i}@example.com`, password: PASSWORD } })).status).toBe(422);
  expect((await call('/register', { body: { email: 'b@example.com', password: PASSWORD } })).status).toBe(429);
});

describe('refresh', () => {
  test('is counted by session: one that runs wild stands in nobody else’s way', async () => {
    const [wild, calm] = [await account('wild@example.com'), await account('calm@example.com')];
    let refresh_token = wild.body['refresh_token'];
    for (let i = 0; i < 60; i++) {
      const answer = await call('/refresh', { body: { refresh_token } });
      expect(answer.status).toBe(200);
      refresh_token = answer.body['refresh_token'];
    }
    expect(await call('/refresh', { body: { refresh_token } })).toMatchObject({
      status: 429,
      body: { violated_policies: ['refresh'] },
    });
    expect((await call('/refresh', { body: { refresh_token: calm.body['refresh_token'] } })).status).toBe(200);
  });

  test('a forged token is charged to its address: 401 first, then 429; an authentic one is not', async () => {
    const { body } = await account('ada@example.com');
    for (let i = 0; i < 600; i++)
      expect((await call('/refresh', { body: { refresh_token: 'cst_rt_forged' } })).status).toBe(401);
    const refused = await call('/refresh', { body: { refresh_token: 'cst_rt_forged' } });
    expect(refused).toMatchObject({ status: 429, body: { violated_policies: ['refused-tokens'] } });
    expect((await call('/refresh', { body: { refresh_token: body['refresh_token'] } })).status).toBe(200);
  });
});

describe('access tokens', () => {
  const me = (token: string): Promise<Answer> =>
    call('/me', { method: 'GET', headers: { authorization: `Bearer ${token}` } });

  test('malformed and forged ones are 401 until their address has sent too many, then 429', async () => {
    const { body } = await account('ada@example.com');
    const token = String(body['access_token']);
    const forged = `${token.slice(0, -8)}AAAAAAAA`;
    for (let i = 0; i < 300; i++) {
      expect(await me('nonsense')).toMatchObject({ status: 401, code: 'invalid_token' });
      expect(await me(forged)).toMatchObject({ status: 401, code: 'invalid_token' });
    }
    for (const one of ['nonsense', forged, 'two tokens'])
      expect(await me(one)).toMatchObject({ status: 429, body: { violated_policies: ['refused-tokens'] } });
    expect((await me(token)).status).toBe(200);
  });

  test('authentic ones that are expired or revoked always get their 401, uncharged', async () => {
    const { body } = await account('ada@example.com');
    const token = String(body['access_token']);
    const bearer = { authorization: `Bearer ${token}` };
    expect((await call('/logout-all', { headers: bearer })).status).toBe(204);
    for (let i = 0; i < 700; i++) expect((await me(token)).status).toBe(401);
    now += 60 * MINUTE;
    for (let i = 0; i < 700; i++) expect(await me(token)).toMatchObject({ status: 401, code: 'token_expired' });
  });
});

describe('options', () => {
  test('each limit can be set and switched off', async () => {
    await app.stop();
    app = compose({ login: false, loginAddress: '2/1m', loginSoft: false, register: false, refused: '3/1m' });
    await app.start();
    for (let i = 0; i < 20; i++) await call('/register', { body: { email: `a${i}@example.com`, password: PASSWORD } });
    expect((await login('a1@example.com', 'wrong')).status).toBe(401);
    expect((await login('a2@example.com', 'wrong')).status).toBe(401);
    expect((await login('a3@example.com', 'wrong')).status).toBe(429);
    await app.stop();
    app = compose(false);
    await app.start();
    for (let i = 0; i < 50; i++) expect((await login('a@example.com', 'wrong')).status).toBe(401);
    expect(app.http.match('GET', '/rate-limit')).toBeUndefined();
  });

  test.each<[string, object]>([
    ['limits.login, after the slash, must be', { login: '5/1x' }],
    ['limits.register must be', { register: '0/1m' }],
    ['limits.loginSoft.onStoreFailure', { loginSoft: { window: '5/1m', onStoreFailure: 'allow' } }],
    ['limits.login.by is not known', { login: { window: '5/1m', by: 'ip' } }],
    ['limits.ipv6Prefix must be', { ipv6Prefix: 0 }],
    ['limits.headers.draft must be', { headers: { draft: 7 } }],
    ['limits.default, after the slash, must be', { default: '60/1x' }],
  ])('%s', (message, limits) => {
    expect(() => compose(limits as AuthLimitOptions)).toThrow(TypeError);
    expect(() => compose(limits as AuthLimitOptions)).toThrow(message);
  });
});
