import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../support/own-database.ts';
import { accessToken, type HttpApp, type Reply, refreshToken, request, startHttpApp } from './http-app.ts';

let database: OwnDatabase;
let pool: pg.Pool;
let app: HttpApp;
let ada: Reply;
let eve: Reply;
const password = 'correct horse battery';

beforeAll(async () => {
  database = await ownDatabase(inject('postgresUrl'));
  pool = database.pool();
  app = await startHttpApp(pool, { cookies: true });
  ada = await request(app.url, 'POST', '/auth/register', { body: { email: 'ada@example.com', password } });
  eve = await request(app.url, 'POST', '/auth/register', { body: { email: 'eve@example.com', password } });
  expect([ada.status, eve.status], ada.text).toEqual([201, 201]);
  for (const reply of [ada, eve]) await request(app.url, 'GET', '/whoami', { token: accessToken(reply) }); // their first use confirms
});
afterAll(async () => {
  await app.stop();
  await database.drop();
});

/** Everything that may not change; audit rows of refusals may come. */
async function state(): Promise<string> {
  const { rows } = await pool.query(`
    select (select json_agg(s order by id) from castellan.session s) as sessions, (select json_agg(s order by tenant, id) from castellan.subject s) as subjects,
      (select json_agg(a order by id) from castellan.account a) as accounts, (select count(*) from castellan.revocation) as revocations`);
  return JSON.stringify(rows[0]);
}
const post = (
  path: string,
  body: unknown,
  more: { token?: string; headers?: Record<string, string> } = {},
): Promise<Reply> => request(app.url, 'POST', path, { body, ...more });

/** What no answer may hold: secrets, hashes, names of things inside. */
const INSIDE =
  /argon2|\$2b\$|select |insert |castellan\.|node_modules|\.ts:|at Object|postgres|cst_rt_|eyJ|Unexpected token|zod/i;

async function expectRefused(
  send: () => Promise<Reply>,
  status: number,
  code: string,
  pointers?: readonly string[],
): Promise<void> {
  const before = await state();
  const reply = await send();
  expect([reply.status, reply.body['code']]).toEqual([status, code]);
  expect(reply.headers.get('content-type')).toBe('application/problem+json');
  expect(reply.body['request_id']).toBe(reply.headers.get('x-request-id'));
  if (status === 401) expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/);
  if (pointers)
    expect((reply.body['fields'] as { pointer: string }[]).map(({ pointer }) => pointer).sort()).toEqual(
      [...pointers].sort(),
    );
  expect(reply.text).not.toMatch(INSIDE);
  expect(await state()).toBe(before);
}

const someone = { email: 'new@example.com', password };

describe('a body', () => {
  test.each<[string, unknown, number, string, (readonly string[])?]>([
    ['that is cut off', '{"email":', 400, 'malformed_body'],
    [
      'with a member twice',
      '{"email":"a@b.c","email":"d@e.f","password":"correct horse battery"}',
      400,
      'malformed_body',
    ],
    ['that is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 'malformed_body'],
    ['with a byte-order mark', `\uFEFF${JSON.stringify(someone)}`, 400, 'malformed_body'],
    ['of 65 KiB', { ...someone, display_name: 'x'.repeat(65 * 1024) }, 413, 'body_too_large'],
    ['that is a list', [], 422, 'validation_failed', ['']],
    ['that is null', 'null', 422, 'validation_failed', ['']],
    ['with wrong types', { email: 1, password: ['x'] }, 422, 'validation_failed', ['/email', '/password']],
    ['without its members', {}, 422, 'validation_failed', ['/email', '/password']],
    [
      'with unknown members',
      { ...someone, is_admin: true, 'a/b': 1 },
      422,
      'validation_failed',
      ['/a~1b', '/is_admin'],
    ],
    [
      'with __proto__',
      `{"email":"n@example.com","password":"${password}","__proto__":{"x":1}}`,
      422,
      'validation_failed',
      ['/__proto__'],
    ],
    ['with NUL in the e-mail', { ...someone, email: 'a\0@example.com' }, 422, 'validation_failed', ['/email']],
    ['with NUL in the password', { ...someone, password: `${password}\0` }, 422, 'validation_failed', ['/password']],
    [
      'with a lone surrogate',
      `{"email":"n@example.com","password":"${password}","display_name":"\\ud800"}`,
      422,
      'validation_failed',
      ['/display_name'],
    ],
    [
      'with an e-mail of 10,000 characters',
      { ...someone, email: `${'a'.repeat(10_000)}@example.com` },
      422,
      'validation_failed',
      ['/email'],
    ],
    [
      'with a password of 11 characters',
      { ...someone, password: 'x'.repeat(11) },
      422,
      'validation_failed',
      ['/password'],
    ],
    [
      'with a password of 129 characters',
      { ...someone, password: 'x'.repeat(129) },
      422,
      'validation_failed',
      ['/password'],
    ],
    [
      'that asks for cookies and does not show which page it comes from',
      { ...someone, transport: 'cookie' },
      403,
      'csrf_failed',
    ],
    ['with a taken address', { email: ' ADA@example.com', password }, 409, 'email_taken'],
    ['with a taken address in full-width letters', { email: 'ａｄａ@example.com', password }, 409, 'email_taken'],
  ])('%s', async (_name, body, status, code, pointers) => {
    await expectRefused(() => post('/auth/register', body), status, code, pointers);
  });
  test.each(['text/plain', 'application/xml', 'application/json; charset=latin1', 'multipart/form-data; boundary=x'])(
    'of type %s',
    async (type) => {
      await expectRefused(
        () => post('/auth/register', JSON.stringify(someone), { headers: { 'content-type': type } }),
        415,
        'unsupported_media_type',
      );
    },
  );
  test('that is compressed', async () => {
    await expectRefused(
      () => post('/auth/register', '{}', { headers: { 'content-encoding': 'gzip' } }),
      415,
      'unsupported_media_type',
    );
  });
});

describe('a sign-in', () => {
  test.each([
    ['with a wrong password', { email: 'ada@example.com', password: 'wrong horse battery' }],
    ['of nobody', { email: 'nobody@example.com', password }],
    ['with a password that is too short to be one', { email: 'ada@example.com', password: 'x' }],
  ])('%s is invalid_credentials', async (_name, body) => {
    await expectRefused(() => post('/auth/login', body), 401, 'invalid_credentials');
  });
});

describe('a refresh token', () => {
  test('with any byte flipped is refused, and never reaches the database', async () => {
    const token = refreshToken(ada);
    const before = await state();
    const [{ calls }] = (await pool.query('select count(*)::int as calls from castellan.audit_event')).rows;
    for (let at = 0; at < token.length; at++) {
      const flipped = token.slice(0, at) + String.fromCharCode(token.charCodeAt(at) ^ 1) + token.slice(at + 1);
      const reply = await post('/auth/refresh', { refresh_token: flipped });
      expect([at, reply.status, reply.body['code']]).toEqual([at, 401, 'invalid_grant']);
    }
    expect(await state()).toBe(before);
    expect((await pool.query('select count(*)::int as calls from castellan.audit_event')).rows[0].calls).toBe(calls);
  });
  test.each([
    ['empty', ''],
    ['an access token', 'eyJhbGciOiJub25lIn0.e30.'],
    ['of 100,000 characters', `cst_rt_${'A'.repeat(60_000)}`],
  ])('%s', async (_name, token) => {
    await expectRefused(() => post('/auth/refresh', { refresh_token: token }), 401, 'invalid_grant');
  });
  test('of another tenant', async () => {
    await expectRefused(
      () => post('/auth/refresh', { refresh_token: refreshToken(ada) }, { headers: { 'x-tenant': 'other' } }),
      401,
      'invalid_grant',
    );
  });
  test('of the other transport', async () => {
    const { id } = ada.body['account'] as { id: string };
    const { headers } = await app.castellan.sessions.start({
      subject: id,
      tenant: '',
      transport: 'cookie',
      from: { method: 'POST', headers: { origin: 'https://api.example.com' }, socket: {} } as never,
    });
    const token = /castellan-rt=([^;]+)/.exec(String(headers['set-cookie']))?.[1];
    expect(token).toMatch(/^cst_rt_/);
    await expectRefused(() => post('/auth/refresh', { refresh_token: token }), 401, 'invalid_grant');
  });
  test('with an attempt key that is too short', async () => {
    await expectRefused(
      () => post('/auth/refresh', { refresh_token: refreshToken(ada), attempt: 'short' }),
      422,
      'validation_failed',
      ['/attempt'],
    );
  });
  test("of another session beside one's own access token, at log-out", async () => {
    await expectRefused(
      () => post('/auth/logout', { refresh_token: refreshToken(eve) }, { token: accessToken(ada) }),
      422,
      'validation_failed',
      ['/refresh_token'],
    );
  });
});

describe('an access token', () => {
  test('with any byte flipped is invalid_token', async () => {
    const token = accessToken(ada);
    const before = await state();
    for (let at = 0; at < token.length; at += 3) {
      const flipped = token.slice(0, at) + String.fromCharCode(token.charCodeAt(at) ^ 1) + token.slice(at + 1);
      const reply = await request(app.url, 'GET', '/whoami', { token: flipped });
      expect([at, reply.status, reply.body['code']]).toEqual([at, 401, 'invalid_token']);
    }
    expect(await state()).toBe(before);
  });
  test('that is missing is token_missing, without error=', async () => {
    const reply = await request(app.url, 'GET', '/whoami');
    expect([reply.status, reply.body['code'], reply.headers.get('www-authenticate')]).toEqual([
      401,
      'token_missing',
      'Bearer',
    ]);
  });
  test('of another tenant is invalid_token', async () => {
    await expectRefused(
      () => request(app.url, 'GET', '/whoami', { token: accessToken(ada), headers: { 'x-tenant': 'other' } }),
      401,
      'invalid_token',
    );
  });
  test('a refresh token in its place is invalid_token', async () => {
    await expectRefused(() => request(app.url, 'GET', '/whoami', { token: refreshToken(ada) }), 401, 'invalid_token');
  });
});

describe('paths and queries', () => {
  test("somebody else's session id and one that does not exist are the same 404", async () => {
    const list = await request(app.url, 'GET', '/auth/sessions', { token: accessToken(eve) });
    const [{ id }] = list.body['items'] as [{ id: string }];
    for (const foreign of [id, crypto.randomUUID(), 'nonsense', '%00', '..%2f'])
      await expectRefused(
        () => post(`/auth/sessions/${foreign}/revoke`, undefined, { token: accessToken(ada) }),
        404,
        'not_found',
      );
  });
  test.each(['page=0', 'page=x', 'page_size=101', 'page_size=1.5', 'page=-1', 'page=1e3'])(
    'a list with %s',
    async (query) => {
      const name = query.split('=')[0] as string;
      await expectRefused(
        () => request(app.url, 'GET', `/auth/sessions?${query}`, { token: accessToken(ada) }),
        422,
        'validation_failed',
        [name],
      );
    },
  );
  test('a trail behind a cursor of the last moment that there is begins at its newest row', async () => {
    const cursor = Buffer.from(`8640000000000000.${crypto.randomUUID()}`).toString('base64url');
    const reply = await request(app.url, 'GET', `/auth/audit?cursor=${cursor}`, { token: accessToken(ada) });
    expect(reply.status, reply.text).toBe(200);
  });
  test.each(['limit=0', 'limit=101', 'cursor=nonsense'])('a trail with %s', async (query) => {
    const name = query.split('=')[0] as string;
    await expectRefused(
      () => request(app.url, 'GET', `/auth/audit?${query}`, { token: accessToken(ada) }),
      422,
      'validation_failed',
      [name],
    );
  });
  test('a method that a path does not have is a 405 with Allow', async () => {
    const reply = await request(app.url, 'DELETE', '/auth/login');
    expect([reply.status, reply.body['code'], reply.headers.get('allow')]).toEqual([405, 'method_not_allowed', 'POST']);
  });
  test('a change of me with fields that may not be changed', async () => {
    await expectRefused(
      () =>
        request(app.url, 'PATCH', '/auth/me', {
          token: accessToken(ada),
          body: { tier: 'sovereign', email: 'x@y.z', bio: 1 },
        }),
      422,
      'validation_failed',
      ['/bio', '/email', '/tier'],
    );
  });
  test('an avatar that is no http address', async () => {
    await expectRefused(
      () =>
        request(app.url, 'PATCH', '/auth/me', { token: accessToken(ada), body: { avatar_url: 'javascript:alert(1)' } }),
      422,
      'validation_failed',
      ['/avatar_url'],
    );
  });
});
