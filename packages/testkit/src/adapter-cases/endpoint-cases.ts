import assert from 'node:assert/strict';
import { type Endpoint, emptyResponse, jsonResponse } from '@castellan/core/http';
import { type ConformanceCase, casesOf } from '../conformance-case.ts';
import type { AdapterHarness } from './adapter-harness.ts';
import { GOOD } from './kit-entry.ts';
import { jsonIn, problemIn, unless } from './rules.ts';
import { withApp } from './scene.ts';
import { SECRET } from './stage.ts';

const endpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/login',
    public: true,
    body: ['json', 'form'],
    handle: ({ body }) => jsonResponse(200, { got: body.value ?? null }, { 'set-cookie': ['a=1', 'b=2'] }),
  },
  {
    method: 'GET',
    path: '/me',
    public: false,
    handle: ({ context }) => jsonResponse(200, { me: context.principal?.subject }),
  },
  { method: 'POST', path: '/logout', public: true, handle: () => emptyResponse() },
  {
    method: 'POST',
    path: '/sessions/:id/revoke',
    public: true,
    handle: ({ params, query, request: { route, target, ip } }) =>
      jsonResponse(200, { id: params['id'], a: query.get('a'), route, target, ip }),
  },
  {
    method: 'GET',
    path: '/broken',
    public: true,
    handle: async () => {
      throw new Error(SECRET);
    },
  },
];
const health: readonly Endpoint[] = [
  { method: 'GET', path: '/', public: true, handle: () => jsonResponse(200, { ok: true }) },
  { method: 'GET', path: '/live', public: true, handle: () => jsonResponse(200, { ok: true }) },
];
const JSON_TYPE = { 'content-type': 'application/json' };
const app = { routes: [], endpoints, health };

/** The endpoints that the library mounts. */
export const endpointCases: readonly ConformanceCase<AdapterHarness>[] = casesOf('endpoints', {
  'they are served below their prefix, with parameters, query, route and address': (harness) =>
    withApp(harness, app, async ({ call }) => {
      assert.deepEqual(jsonIn(await call({ method: 'POST', target: '/auth/sessions/a%2Fb/revoke?a=1' })), {
        id: 'a/b',
        a: '1',
        route: '/auth/sessions/:id/revoke',
        target: '/auth/sessions/a%2Fb/revoke?a=1',
        ip: '127.0.0.1',
      });
      for (const path of ['/health', '/health/live']) assert.deepEqual(jsonIn(await call(path)), { ok: true }, path);
    }),

  'their answers are whole: status, cookies, no length where there is no body': (harness) =>
    withApp(harness, app, async ({ call }) => {
      const request = { method: 'POST', target: '/auth/login', body: '{"a":1}', headers: JSON_TYPE };
      const { status, headers, ...answer } = await call(request);
      assert.deepEqual([status, answer.body.toString()], [200, '{"got":{"a":1}}']);
      assert.deepEqual([headers['set-cookie'], headers['cache-control']], [['a=1', 'b=2'], ['no-store']]);
      assert.deepEqual(headers['x-request-id'], ['request-1']);
      const empty = await call({ method: 'POST', target: '/auth/logout' });
      assert.deepEqual([empty.status, empty.headers['content-length']], [204, undefined]);
    }),

  'they read their own bodies, by their own rules': (harness) =>
    withApp(harness, app, async ({ call }) => {
      const login = (body: string | undefined, type = 'application/json') =>
        call({
          method: 'POST',
          target: '/auth/login',
          ...(body !== undefined && { body }),
          headers: { 'content-type': type },
        });
      assert.deepEqual(jsonIn(await login('a=1&b=%20', 'application/x-www-form-urlencoded')), {
        got: { a: '1', b: ' ' },
      });
      assert.deepEqual(jsonIn(await login(undefined)), { got: null });
      for (const [body, type, code] of [
        ['{"a":', 'application/json', 'malformed_body'],
        ['{"a":1,"a":2}', 'application/json', 'malformed_body'],
        ['\uFEFF{}', 'application/json', 'malformed_body'],
        ['{}', 'text/plain', 'unsupported_media_type'],
        ['{}', 'application/json; charset=utf-16', 'unsupported_media_type'],
        [JSON.stringify('x'.repeat(70_000)), 'application/json', 'body_too_large'],
      ] as const)
        assert.equal(problemIn(await login(body, type)).code, code, `${body.slice(0, 20)} as ${type}`);
    }),

  'a body that is too large is refused unread, and its sender can read the refusal': (harness) =>
    withApp(harness, app, async ({ line }) => {
      const announced = await line();
      announced.write(
        'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 70000\r\n\r\n',
      );
      assert.equal(problemIn(await announced.answer()).code, 'body_too_large');
      const sent = await line();
      sent.write({
        method: 'POST',
        target: '/auth/login',
        body: JSON.stringify('x'.repeat(600_000)),
        headers: JSON_TYPE,
      });
      assert.equal(problemIn(await sent.answer()).code, 'body_too_large');
      await sent.untilEnded();
    }),

  'a body that a parser of the app has read before is taken as it is': (harness) =>
    withApp(harness, { ...app, parsed: true }, async ({ call }) => {
      const answer = await call({ method: 'POST', target: '/auth/login', body: '{"a":1}', headers: JSON_TYPE });
      assert.deepEqual(jsonIn(answer), { got: { a: 1 } });
    }),

  'another method is 405 and says which would do; another path is 404': (harness) =>
    withApp(harness, app, async ({ call }) => {
      const wrong = await call({ method: 'DELETE', target: '/auth/me' });
      assert.deepEqual([problemIn(wrong).code, wrong.headers['allow']], ['method_not_allowed', ['GET, HEAD']]);
      for (const target of ['/auth', '/auth/', '/auth/none', '/auth/me/', '/authentic', '/auth/ME', '/health/none'])
        assert.equal(problemIn(await call(target)).code, 'not_found', target);
      const broken = await call({ method: 'POST', target: '/auth/sessions/%zz/revoke' });
      assert.equal(problemIn(broken).code, 'not_found');
    }),

  'a second slash after the prefix makes another path': unless(
    'slashes',
    (harness) =>
      withApp(harness, app, async ({ call }) => {
        assert.equal(problemIn(await call('/auth//me')).code, 'not_found');
      }),
    (harness) =>
      withApp(harness, app, async ({ call }) => {
        assert.equal((await call({ target: '/auth//me', headers: GOOD })).status, 200);
      }),
  ),

  'HEAD is GET without a body, and a token is asked for': (harness) =>
    withApp(harness, app, async ({ line }) => {
      const one = await line();
      const get = await one.call({ target: '/auth/me', headers: GOOD });
      const head = await one.call({ method: 'HEAD', target: '/auth/me', headers: GOOD });
      assert.deepEqual(jsonIn(get), { me: 'alice' });
      assert.deepEqual([head.status, head.headers['content-length']], [200, get.headers['content-length']]);
      assert.equal((await one.call({ method: 'HEAD', target: '/auth/me' })).status, 401);
      assert.equal(one.pending.length, 0);
    }),

  'one that fails is internal, without its message': (harness) =>
    withApp(harness, app, async ({ call, castellan }) => {
      const answer = await call('/auth/broken');
      assert.equal(problemIn(answer).code, 'internal');
      assert.equal(answer.raw.includes(SECRET), false);
      assert.equal(castellan.reported.length, 1);
    }),

  'a caller that goes away in the middle of its body leaves nothing behind': (harness) =>
    withApp(harness, app, async ({ line, met, ended, castellan, call }) => {
      const one = await line();
      one.write(
        'POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"email"',
      );
      await met(1);
      one.drop();
      await ended(1);
      assert.deepEqual(castellan.reported, []);
      assert.equal((await call({ target: '/auth/me', headers: GOOD })).status, 200);
    }),
});
