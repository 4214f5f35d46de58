import type { IncomingHttpHeaders } from 'node:http';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  createEndpointServer,
  createProblemResponse,
  type EndpointServer,
  endpointTable,
  exchangeFactory,
  httpProblems,
  mergeProblems,
} from '../http/index.ts';
import { createStoreClock } from '../kernel/index.ts';
import { authenticateGuard, tokenProblems } from '../tokens/index.ts';
import { sessionEndpoints } from './session-endpoints.ts';
import { sessionProblems } from './session-problems.ts';
import { C, type SessionProcess, type SessionWorld, sessionWorld } from './session-world.cases.ts';
import type { IssuedTokens } from './sessions.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what came over the wire
  readonly body: any;
}
type Send = (
  method: string,
  target: string,
  given?: { readonly token?: string | undefined; readonly body?: unknown; readonly gone?: boolean },
) => Promise<Answer>;

let world: SessionWorld;
let app: SessionProcess;
let send: Send;
let desk: IssuedTokens;

beforeEach(async () => {
  world = await sessionWorld();
  app = world.process();
  await app.poll();
  send = overHttp(app);
  desk = await app.start();
});

/** The endpoints behind the guards and problems that an adapter would put around them. */
function overHttp(process: SessionProcess): Send {
  const { sessions, check, accessTokens } = process;
  const storeClock = createStoreClock(() => world.now());
  const match = endpointTable(sessionEndpoints({ sessions, check, accessTokens, storeClock }));
  const catalogue = mergeProblems(httpProblems, tokenProblems, sessionProblems);
  const authenticate = authenticateGuard({ check });
  const serve: EndpointServer = createEndpointServer({
    policyOf: (endpoint) => ({ head: endpoint.public ? [] : [authenticate], body: [], route: undefined }),
    problem: createProblemResponse({ catalogue }),
  });
  const exchange = exchangeFactory({ makeId: () => 'request-1' });
  return async (method, target, { token, body, gone = false } = {}) => {
    const found = match(method, target.split('?')[0] ?? '');
    if (!found) throw new Error(`no endpoint ${method} ${target}`);
    const headers: IncomingHttpHeaders = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const request = { method, target, route: undefined, headers, ip: '192.0.2.1', arrivedAt: world.now(), gone };
    const answer = await serve(found, exchange(request), async () => ({ value: body, raw: undefined }));
    const text = answer.body === null ? '' : Buffer.from(answer.body as Uint8Array).toString();
    return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
}

describe('POST /refresh', () => {
  test('answers a new pair that no cache keeps', async () => {
    const { status, headers, body } = await send('POST', '/refresh', { body: { refresh_token: desk.refreshToken } });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    });
    expect(Object.keys(body)).toEqual(['access_token', 'token_type', 'expires_in', 'refresh_token']);
    expect(body.token_type).toBe('Bearer');
    expect(Number.isInteger(body.expires_in)).toBe(true);
  });

  test('an immediate second refresh keeps the token', async () => {
    const { body } = await send('POST', '/refresh', { body: { refresh_token: desk.refreshToken } });
    const again = await send('POST', '/refresh', { body: { refresh_token: body.refresh_token } });
    expect(again.body.refresh_token).toBe(body.refresh_token);
  });

  test.each([
    [{}, '/refresh_token', 'required'],
    [{ refresh_token: 5 }, '/refresh_token', 'invalid_type'],
    [{ refresh_token: null }, '/refresh_token', 'invalid_type'],
    [{ refresh_token: 'a\0b' }, '/refresh_token', undefined],
    [{ refresh_token: 'x', transport: 'cookie' }, '/transport', 'unknown_member'],
    [{ refresh_token: 'x', attempt: 'short' }, '/attempt', 'too_short'],
    [{ refresh_token: 'x', attempt: 'a'.repeat(65) }, '/attempt', 'too_long'],
    [{ refresh_token: 'x', attempt: 1 }, '/attempt', 'invalid_type'],
    [[], '', 'invalid_type'],
    [undefined, '/refresh_token', 'required'],
  ])('%j is validation_failed at %j', async (body, pointer, code) => {
    const before = app.calls();
    const answer = await send('POST', '/refresh', { body });
    expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed']);
    expect(answer.body.fields[0].pointer).toBe(pointer);
    if (code) expect(answer.body.fields[0].code).toBe(code);
    expect(app.calls()).toBe(before);
  });

  test.each(['', 'x', 'x'.repeat(100_000), 'cst_rt_'])('a token that is none is invalid_grant: %#', async (token) => {
    const answer = await send('POST', '/refresh', { body: { refresh_token: token } });
    expect([answer.status, answer.body.code]).toEqual([401, 'invalid_grant']);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
  });

  test('busy is 503 with Retry-After', async () => {
    const attempt = 'attempt-number-one';
    await send('POST', '/refresh', { body: { refresh_token: desk.refreshToken, attempt } });
    const answer = await send('POST', '/refresh', {
      body: { refresh_token: desk.refreshToken, attempt: 'attempt-number-two' },
    });
    expect([answer.status, answer.body.code, answer.headers['retry-after']]).toEqual([503, 'busy', '3']);
  });

  test('a store that is away is 503, and no secret shows', async () => {
    world.away = true;
    const answer = await send('POST', '/refresh', { body: { refresh_token: desk.refreshToken } });
    expect([answer.status, answer.body.code]).toEqual([503, 'store_unavailable']);
    expect(JSON.stringify(answer)).not.toContain(desk.refreshToken);
  });

  test('a client that has gone spends nothing', async () => {
    const before = app.calls();
    await send('POST', '/refresh', { body: { refresh_token: desk.refreshToken }, gone: true });
    expect(app.calls()).toBe(before);
  });

  test('every 401 has a challenge', async () => {
    const first = await send('POST', '/refresh', { body: { refresh_token: desk.refreshToken } });
    await send('GET', '/sessions', { token: first.body.access_token });
    world.pass(C);
    const reused = await send('POST', '/refresh', { body: { refresh_token: desk.refreshToken } });
    expect([reused.status, reused.body.code]).toEqual([401, 'invalid_grant']);
    expect(reused.headers['www-authenticate']).toBe('Bearer');
    const dead = await send('GET', '/sessions', { token: first.body.access_token });
    expect([dead.status, dead.headers['www-authenticate']]).toEqual([401, 'Bearer error="invalid_token"']);
  });
});

describe('POST /logout', () => {
  test.each([
    ['an access token', () => ({ token: desk.accessToken })],
    ['a refresh token', () => ({ body: { refresh_token: desk.refreshToken } })],
    ['both', () => ({ token: desk.accessToken, body: { refresh_token: desk.refreshToken } })],
  ])('%s ends the session: 204', async (_by, given) => {
    const answer = await send('POST', '/logout', given());
    expect([answer.status, answer.body]).toEqual([204, undefined]);
    expect(await app.present(desk.accessToken)).toBe('invalid_token');
  });

  test('a dead token alone is 204 too and ends nothing', async () => {
    const other = await app.start();
    world.pass(other.expiresInSeconds * 1_000 + 1_000);
    expect((await send('POST', '/logout', { token: other.accessToken })).status).toBe(204);
    expect((await send('POST', '/logout', { token: 'forged' })).status).toBe(204);
    expect((await send('POST', '/logout', { body: { refresh_token: 'forged' } })).status).toBe(204);
    expect((await app.refresh(other.refreshToken)).outcome).toBe('rotate');
  });

  test('an expired access token beside a refresh token of its session does not stand in the way', async () => {
    world.pass(desk.expiresInSeconds * 1_000 + 1_000);
    const answer = await send('POST', '/logout', {
      token: desk.accessToken,
      body: { refresh_token: desk.refreshToken },
    });
    expect(answer.status).toBe(204);
    expect((await app.refresh(desk.refreshToken)).outcome).toBe('revoked');
  });

  test.each(['alive', 'expired'])(
    'tokens of two sessions (the access token %s) are 422 and change nothing',
    async (state) => {
      const other = await app.start();
      if (state === 'expired') world.pass(desk.expiresInSeconds * 1_000 + 1_000);
      const answer = await send('POST', '/logout', {
        token: desk.accessToken,
        body: { refresh_token: other.refreshToken },
      });
      expect([answer.status, answer.body.fields]).toMatchObject([422, [{ pointer: '/refresh_token' }]]);
      for (const { refreshToken } of [desk, other]) expect((await app.refresh(refreshToken)).outcome).toBe('rotate');
    },
  );

  test('no token at all is token_missing; a store that is away is 503, never "dead"', async () => {
    expect((await send('POST', '/logout', {})).body.code).toBe('token_missing');
    world.away = true;
    expect((await send('POST', '/logout', { token: desk.accessToken })).body.code).toBe('store_unavailable');
  });

  test('unknown members are refused', async () => {
    const answer = await send('POST', '/logout', { token: desk.accessToken, body: { everywhere: true } });
    expect([answer.status, answer.body.fields[0].pointer]).toEqual([422, '/everywhere']);
    expect(await app.present(desk.accessToken)).toBe('ok');
  });
});

describe("an owner's sessions", () => {
  test('GET /sessions', async () => {
    const { status, body } = await send('GET', '/sessions', { token: desk.accessToken });
    expect(status).toBe(200);
    expect(body).toEqual({
      items: [
        {
          id: desk.session.sessionId,
          created_at: '2026-01-05T12:00:00.000Z',
          last_used_at: '2026-01-05T12:00:00.000Z',
          user_agent: 'home/1',
          ip: '192.0.2.0/24',
          expires_at: '2026-01-19T12:00:00.000Z',
          is_current: true,
        },
      ],
      total: 1,
      page: 1,
      page_size: 20,
      pages: 1,
    });
  });

  test('pages are counted, and a total that was not counted to its end says so', async () => {
    await app.start();
    const { body } = await send('GET', '/sessions?page=2&page_size=1', { token: desk.accessToken });
    expect([body.items.length, body.page, body.page_size, body.pages]).toEqual([1, 2, 1, 2]);
    world.between = async (verb, call) =>
      verb === 'list' ? { items: [], total: 1_000, totalIsCapped: true, now: world.now() } : call();
    const capped = await send('GET', '/sessions', { token: desk.accessToken });
    expect(capped.body).toMatchObject({ total: 1_000, total_is_capped: true, pages: 50 });
  });

  test.each([
    ['page=0', 'page'],
    ['page=-1', 'page'],
    ['page=1.5', 'page'],
    ['page=', 'page'],
    ['page=one', 'page'],
    ['page=1e3', 'page'],
    ['page=9999999999', 'page'],
    ['page_size=0', 'page_size'],
    ['page_size=101', 'page_size'],
    ['page=1&page=2', 'page'],
  ])('GET /sessions?%s is validation_failed', async (query, pointer) => {
    const { status, body } = await send('GET', `/sessions?${query}`, { token: desk.accessToken });
    expect([status, body.code, body.fields[0].pointer]).toEqual([422, 'validation_failed', pointer]);
  });

  test('POST /sessions/:id/revoke is 204, and the same 404 for a foreign and a missing one', async () => {
    const phone = await app.start();
    await app.subjects.put({ id: 'bob' });
    const bob = await app.start({ subject: 'bob' });
    const { token } = { token: desk.accessToken };
    expect((await send('POST', `/sessions/${phone.session.sessionId}/revoke`, { token })).status).toBe(204);
    const foreign = await send('POST', `/sessions/${bob.session.sessionId}/revoke`, { token });
    const missing = await send('POST', '/sessions/01890a5d-ac96-774b-bcce-b302099a8057/revoke', { token });
    expect(foreign).toEqual(missing);
    expect([foreign.status, foreign.body.code]).toEqual([404, 'not_found']);
    expect(await app.present(bob.accessToken)).toBe('ok');
  });

  test('POST /sessions/revoke-others tells how many, POST /logout-all ends this one too', async () => {
    await app.start();
    const token = desk.accessToken;
    expect(await send('POST', '/sessions/revoke-others', { token })).toMatchObject({
      status: 200,
      body: { revoked: 1 },
    });
    expect((await send('POST', '/logout-all', { token })).status).toBe(204);
    expect((await send('POST', '/logout-all', { token })).body.code).toBe('invalid_token');
  });

  test.each([
    ['GET', '/sessions'],
    ['POST', '/sessions/x/revoke'],
    ['POST', '/sessions/revoke-others'],
    ['POST', '/logout-all'],
  ])('%s %s demands an access token', async (method, target) => {
    expect((await send(method, target)).body).toMatchObject({ status: 401, code: 'token_missing' });
  });
});
