import { once } from 'node:events';
import net from 'node:net';
import zlib from 'node:zlib';
import {
  type Endpoint,
  emptyResponse,
  jsonResponse,
  originOf,
  Problem,
  principalOf,
  validateBody,
} from '@castellan/core/http';
import express, { type Express, type RequestHandler } from 'express';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { call, json, listen, post, problem, raw, type Wire } from '../../../tests/express/wire.ts';
import { kitCastellan } from '../../testkit/src/adapter-cases/kit-entry.ts';
import { createGate } from './gate.ts';

const Login = z.strictObject({ email: z.string().max(254), password: z.string() });

const endpoints: readonly Endpoint[] = [
  {
    method: 'POST',
    path: '/login',
    public: true,
    body: ['json', 'form'],
    handle: ({ body }) =>
      jsonResponse(200, { hello: validateBody(Login, body).email }, { 'set-cookie': ['a=1', 'b=2'] }),
  },
  {
    method: 'POST',
    path: '/refresh',
    public: true,
    body: ['json'],
    handle: ({ body }) => jsonResponse(200, { got: body.value ?? null }),
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
    handle: ({ params, query, request }) =>
      jsonResponse(200, { id: params['id'], a: query.get('a'), route: request.route }),
  },
  {
    method: 'GET',
    path: '/broken',
    public: true,
    handle: async () => {
      throw new Error('secret');
    },
  },
];

async function serve(...before: RequestHandler[]): Promise<Wire & { readonly reported: readonly unknown[] }> {
  const entry = kitCastellan({ endpoints });
  const { authRoutes, problems } = createGate(entry);
  const app: Express = express();
  for (const middleware of before) app.use(middleware);
  app.use('/auth', authRoutes);
  app.get('/auth/own', (_req, res) => void res.json({ own: true }));
  app.use(problems);
  return { ...(await listen(app)), reported: entry.reported };
}

const credentials = { email: 'a@example.com', password: 'correct horse' };

describe('authRoutes', () => {
  it('serves endpoints below the prefix, with parameters, query and route', async () => {
    const wire = await serve();
    expect(json(await post(wire, '/auth/login', credentials))).toEqual({ hello: 'a@example.com' });
    expect(json(await call(wire, '/auth/sessions/a%2Fb/revoke?a=1', { method: 'POST' }))).toEqual({
      id: 'a/b',
      a: '1',
      route: '/auth/sessions/:id/revoke',
    });
    const empty = await call(wire, '/auth/logout', { method: 'POST' });
    expect([empty.status, empty.body.length, empty.headers['content-length']]).toEqual([204, 0, undefined]);
  });

  it('answers are not stored, say the request id, and keep several cookies', async () => {
    const { headers } = await post(await serve(), '/auth/login', credentials, { 'x-request-id': 'trace-0001' });
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-request-id': 'trace-0001',
      'set-cookie': ['a=1', 'b=2'],
    });
  });

  it('takes a form where the endpoint does', async () => {
    const wire = await serve();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(json(await post(wire, '/auth/login', 'email=a%40b.c&password=x', form))).toEqual({ hello: 'a@b.c' });
    expect(problem(await post(wire, '/auth/refresh', 'a=1', form)).code).toBe('unsupported_media_type');
  });

  it('without a body there is an empty one', async () => {
    const wire = await serve();
    for (const headers of [{}, { 'content-type': 'application/json' }, { 'content-length': '0' }])
      expect(json(await call(wire, '/auth/refresh', { method: 'POST', headers }))).toEqual({ got: null });
    expect(problem(await call(wire, '/auth/login', { method: 'POST' })).fields?.map(({ pointer }) => pointer)).toEqual([
      '/email',
      '/password',
    ]);
  });

  it('a path that is none of theirs goes on to the app, a method that is none of a path’s does not', async () => {
    const wire = await serve();
    expect(json(await call(wire, '/auth/own'))).toEqual({ own: true });
    expect(problem(await call(wire, '/auth/none')).code).toBe('not_found');
    expect(problem(await call(wire, '/auth/me/')).code).toBe('not_found');
    expect(problem(await call(wire, '/auth/sessions/%zz/revoke', { method: 'POST' })).code).toBe('not_found');
    const wrong = await call(wire, '/auth/me', { method: 'DELETE' });
    expect([problem(wrong).code, wrong.headers.allow]).toEqual(['method_not_allowed', 'GET, HEAD']);
  });

  it('HEAD behaves as GET without a body', async () => {
    const wire = await serve();
    const headers = { authorization: 'Bearer good' };
    const [get, head] = [
      await call(wire, '/auth/me', { headers }),
      await call(wire, '/auth/me', { method: 'HEAD', headers }),
    ];
    expect(json(get)).toEqual({ me: 'alice' });
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([
      200,
      0,
      get.headers['content-length'],
    ]);
    expect((await call(wire, '/auth/me', { method: 'HEAD' })).status).toBe(401);
  });

  it('a handler that fails is internal, without its message', async () => {
    const wire = await serve();
    const answer = await call(wire, '/auth/broken');
    expect(problem(answer).code).toBe('internal');
    expect(answer.body.toString()).not.toContain('secret');
    expect(wire.reported).toEqual([new Error('secret')]);
  });

  it('works in a bare Node server, and under any prefix', async () => {
    const { authRoutes, problems } = createGate(kitCastellan({ endpoints }));
    const [notFound] = problems;
    const bare = await listen((req, res) => authRoutes(req, res, () => notFound(req, res, () => {})));
    expect(json(await post(bare, '/login', credentials))).toEqual({ hello: 'a@example.com' });
    expect(problem(await call(bare, '/x')).code).toBe('not_found');
    const deep = await listen(express().use('/:v/identity', authRoutes));
    expect(json(await post(deep, '/v1/identity/login', credentials))).toEqual({ hello: 'a@example.com' });
  });

  it('the request is seated: originOf and principalOf work behind an endpoint too', async () => {
    const seen: unknown[] = [];
    const { authRoutes } = createGate(
      kitCastellan({ endpoints: [{ method: 'GET', path: '/x', public: true, handle: () => emptyResponse() }] }),
    );
    const app = express();
    app.use((req, res, next) => {
      res.on('finish', () => seen.push(originOf(req).requestId, () => principalOf(req)));
      next();
    });
    app.use(authRoutes);
    await call(await listen(app), '/x');
    expect(seen[0]).toBe('request-1');
    expect(seen[1]).toThrow(TypeError);
  });
});

describe('bad bodies', () => {
  const type = 'application/json';
  const cases: readonly (readonly [string, string | Buffer, string, number, string])[] = [
    ['malformed JSON', '{"email":', type, 400, 'malformed_body'],
    ['no JSON at all', 'hello', type, 400, 'malformed_body'],
    ['two members of one name', '{"email":"a","email":"b","password":"x"}', type, 400, 'malformed_body'],
    ['a byte-order mark', '\uFEFF{}', type, 400, 'malformed_body'],
    ['no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), type, 400, 'malformed_body'],
    ['white space', '   ', type, 400, 'malformed_body'],
    ['a form with broken encoding', 'email=%zz', 'application/x-www-form-urlencoded', 400, 'malformed_body'],
    ['a form with one field twice', 'email=a&email=b', 'application/x-www-form-urlencoded', 400, 'malformed_body'],
    ['plain text', '{}', 'text/plain', 415, 'unsupported_media_type'],
    ['no type', '{}', '', 415, 'unsupported_media_type'],
    ['another charset', '{}', 'application/json; charset=utf-16', 415, 'unsupported_media_type'],
    ['a list', '[]', type, 422, 'validation_failed'],
    ['null', 'null', type, 422, 'validation_failed'],
    ['a wrong type', '{"email":1,"password":"x"}', type, 422, 'validation_failed'],
    ['an unknown member', '{"email":"a","password":"x","admin":true}', type, 422, 'validation_failed'],
    ['NUL', '{"email":"a\\u0000","password":"x"}', type, 422, 'validation_failed'],
    [
      'an e-mail of 10,000 characters',
      JSON.stringify({ email: 'a'.repeat(10_000), password: 'x' }),
      type,
      422,
      'validation_failed',
    ],
    ['100 KB', JSON.stringify({ email: 'a'.repeat(100_000), password: 'x' }), type, 413, 'body_too_large'],
    [
      'a member called __proto__',
      '{"email":"a","password":"x","__proto__":{"admin":true}}',
      type,
      422,
      'validation_failed',
    ],
    [
      'deep nesting',
      `{"email":${'['.repeat(20_000)}${']'.repeat(20_000)},"password":"x"}`,
      type,
      422,
      'validation_failed',
    ],
  ];
  it.each(cases)('%s', async (_, body, contentType, status, code) => {
    const wire = await serve();
    const headers = contentType ? { 'content-type': contentType } : {};
    expect(problem(await call(wire, '/auth/login', { method: 'POST', body, headers }))).toMatchObject({ status, code });
    expect(wire.reported).toEqual([]);
    expect((await post(wire, '/auth/login', credentials)).status).toBe(200);
  });

  it.each(cases)('%s, with express.json() in front', async (name, body, contentType, status, code) => {
    if (name === 'two members of one name') return; // the app's own parser has taken the last one already
    const wire = await serve(express.json({ limit: 65_536, strict: false }), express.urlencoded({ extended: false }));
    const headers = contentType ? { 'content-type': contentType } : {};
    const answer = problem(await call(wire, '/auth/login', { method: 'POST', body, headers }));
    // what express.json() lets pass is refused by the schema
    if (
      [
        'a byte-order mark',
        'no UTF-8',
        'a form with broken encoding',
        'a form with one field twice',
        'another charset',
      ].includes(name)
    )
      expect([400, 415, 422]).toContain(answer.status);
    else expect(answer).toMatchObject({ status, code });
  });

  it.each<[string, RequestHandler]>([
    ['express.raw()', express.raw({ type: () => true })],
    ['express.text()', express.text({ type: () => true })],
  ])('bytes of %s are parsed by our own rules', async (_, parser) => {
    const wire = await serve(parser);
    expect((await post(wire, '/auth/login', credentials)).status).toBe(200);
    expect(problem(await post(wire, '/auth/login', '{"email":"a","email":"b","password":"x"}')).code).toBe(
      'malformed_body',
    );
    expect(problem(await post(wire, '/auth/login', '{}', { 'content-type': 'text/plain' })).code).toBe(
      'unsupported_media_type',
    );
  });

  it('a content coding is refused unread, and says what would do', async () => {
    const wire = await serve();
    const body = zlib.gzipSync(JSON.stringify(credentials));
    const answer = await call(wire, '/auth/login', {
      method: 'POST',
      body,
      headers: { 'content-type': type, 'content-encoding': 'gzip' },
    });
    expect([problem(answer).code, answer.headers['accept-encoding']]).toEqual(['unsupported_media_type', 'identity']);
  });

  it('a parser of Express 4, which leaves {} where it read nothing, is seen through', async () => {
    const wire = await serve((req, _res, next) => {
      Object.assign(req, { body: {} });
      next();
    });
    expect((await post(wire, '/auth/login', credentials)).status).toBe(200);
  });

  it('a body that somebody consumed and lost is internal, and no request hangs', async () => {
    const wire = await serve((req, _res, next) => void req.resume().on('end', () => next()));
    expect(problem(await post(wire, '/auth/login', credentials)).code).toBe('internal');
    expect(String(wire.reported[0])).toContain('has read the body');
    expect((await call(wire, '/auth/refresh', { method: 'POST' })).status).toBe(200);
  });
});

describe('bodies that are too large', () => {
  const head = (more: string): string =>
    `POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}\r\n\r\n`;

  it('by their announced length are refused before a byte is read, and the connection ends', async () => {
    const wire = await serve();
    const started = performance.now();
    const seen = await raw(wire, `${head('Content-Length: 70000')}{"email":`);
    expect(seen).toMatch(/^HTTP\/1\.1 413 /);
    expect(seen).toMatch(/\r\nconnection: close\r\n/i);
    expect(seen).toContain('"code":"body_too_large"');
    expect(performance.now() - started).toBeLessThan(4000);
  });

  it('by what arrives are refused when it is too much', async () => {
    const wire = await serve();
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    const seen = await raw(wire, head('Transfer-Encoding: chunked') + chunk + chunk);
    expect(seen).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('exactly the limit is read', async () => {
    const wire = await serve();
    const filler = 'x'.repeat(65_536 - JSON.stringify({ a: '' }).length);
    expect((await post(wire, '/auth/refresh', { a: filler })).status).toBe(200);
    expect(problem(await post(wire, '/auth/refresh', { a: `${filler}x` })).code).toBe('body_too_large');
  });

  it('a caller that sends 600 KB before it reads still gets the answer', async () => {
    const wire = await serve();
    for (let round = 0; round < 5; round++) {
      const answer = await post(wire, '/auth/login', { email: 'x'.repeat(600_000), password: 'x' });
      expect(problem(answer).code).toBe('body_too_large');
    }
  });

  it('a caller that never stops is cut off', async () => {
    const wire = await serve();
    const socket = net.connect(wire.port, '127.0.0.1').on('error', () => {});
    socket.write(head('Transfer-Encoding: chunked'));
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    let sent = 0;
    const pump = setInterval(() => {
      if (socket.writable && socket.writableLength < 1_000_000) {
        socket.write(chunk);
        sent += chunk.length;
      }
    }, 1);
    socket.resume();
    await once(socket, 'close');
    clearInterval(pump);
    expect(sent).toBeLessThan(30_000_000);
  });
});

describe('problems', () => {
  it('on routes without a guard: thrown, rejected, passed on, and not found', async () => {
    const entry = kitCastellan();
    const { problems } = createGate(entry);
    const app = express();
    app.get('/thrown', () => {
      throw new Problem('conflict', { detail: 'Too late.' });
    });
    app.get('/rejected', async () => {
      throw new Error('secret');
    });
    app.get('/passed', (_req, _res, next) => next('secret'));
    app.get('/nothing', () => Promise.reject());
    app.get('/param/:id', (_req, res) => void res.end());
    app.use(problems);
    const wire = await listen(app);
    expect(problem(await call(wire, '/thrown'))).toMatchObject({ status: 409, detail: 'Too late.' });
    for (const path of ['/rejected', '/passed', '/nothing']) {
      const answer = await call(wire, path);
      expect(problem(answer).code).toBe('internal');
      expect(answer.body.toString()).not.toContain('secret');
    }
    expect(problem(await call(wire, '/param/%zz')).code).toBe('not_found');
    expect(problem(await call(wire, '/x', { method: 'POST' })).code).toBe('not_found');
    expect((await call(wire, '/x', { method: 'HEAD' })).body.length).toBe(0);
    expect(entry.reported).toHaveLength(3);
  });

  it('take away what the handler said of its own body, and nothing else', async () => {
    const { problems } = createGate(kitCastellan());
    const app = express();
    app.get('/', (_req, res) => {
      res.set({
        'content-encoding': 'br',
        etag: '"1"',
        'content-disposition': 'attachment',
        'cache-control': 'public',
        'x-own': '1',
      });
      res.cookie('a', '1').cookie('b', '2').status(201);
      throw new Problem('conflict');
    });
    app.use(problems);
    const answer = await call(await listen(app), '/');
    expect(problem(answer).code).toBe('conflict');
    expect(answer.headers).toMatchObject({ 'x-own': '1', 'set-cookie': ['a=1; Path=/', 'b=2; Path=/'] });
    for (const name of ['content-encoding', 'etag', 'content-disposition'])
      expect(answer.headers).not.toHaveProperty(name);
  });

  it('after the head was sent the line is cut, after the end nothing happens', async () => {
    const entry = kitCastellan();
    const { problems } = createGate(entry);
    const app = express();
    app.get('/half', async (_req, res) => {
      await new Promise<void>((resolve) => void res.write('abc', () => resolve()));
      throw new Error('secret');
    });
    app.get('/whole', async (_req, res) => {
      res.json({ a: 1 });
      throw new Error('too late');
    });
    app.use(problems);
    const wire = await listen(app);
    expect((await call(wire, '/half').catch(() => ({ cut: true }))).cut).toBe(true);
    expect(json(await call(wire, '/whole'))).toEqual({ a: 1 });
    expect(entry.reported).toEqual([new Error('secret'), new Error('too late')]);
  });

  it.each([
    ['{"a":', {}, 400, 'malformed_body'],
    [JSON.stringify({ a: 'x'.repeat(2000) }), {}, 413, 'body_too_large'],
    ['{}', { 'content-type': 'application/json; charset=foo' }, 415, 'unsupported_media_type'],
    ['{}', { 'content-encoding': 'foo' }, 415, 'unsupported_media_type'],
  ])('what the app’s own parser refuses is a problem of ours: %.10s %o', async (body, headers, status, code) => {
    const { problems } = createGate(kitCastellan());
    const app = express();
    app.post('/', express.json({ limit: 1000 }), (_req, res) => void res.end());
    app.use(problems);
    expect(problem(await post(await listen(app), '/', body, headers))).toMatchObject({ status, code });
  });
});
