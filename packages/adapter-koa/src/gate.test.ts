import { once } from 'node:events';
import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Problem } from '@castellan/core/http';
import Router from '@koa/router';
import Koa from 'koa';
import compress from 'koa-compress';
import { expect, onTestFinished, test } from 'vitest';
import {
  authenticate,
  GOOD,
  type KitCastellan,
  type KitPolicy,
  kitCastellan,
} from '../../testkit/src/adapter-cases/kit-entry.ts';
import { problemIn } from '../../testkit/src/adapter-cases/rules.ts';
import { createStage } from '../../testkit/src/adapter-cases/stage.ts';
import { watching } from '../../testkit/src/adapter-cases/watching.ts';
import type { Answer } from '../../testkit/src/adapter-cases/wire/answer.ts';
import { type Line, openLine } from '../../testkit/src/adapter-cases/wire/line.ts';
import type { WireRequest } from '../../testkit/src/adapter-cases/wire/request-bytes.ts';
import { createGate, type Gate, type GateOptions } from './gate.ts';

/** Not imported: its types give every `IncomingMessage` of this program a body. */
const { bodyParser } = createRequire(import.meta.url)('@koa/bodyparser') as {
  readonly bodyParser: (options?: object) => Koa.Middleware;
};

interface Scene {
  readonly castellan: KitCastellan;
  line(): Promise<Line>;
  call(request: WireRequest | string): Promise<Answer>;
}

/** An app of one test: middlewares in, a server out. */
async function serve(
  build: (app: Koa, gate: Gate<KitPolicy>) => void,
  { castellan = kitCastellan(), ...options }: GateOptions & { readonly castellan?: KitCastellan } = {},
): Promise<Scene> {
  const app = new Koa();
  app.silent = true;
  build(app, createGate(castellan, options));
  const server = http.createServer(app.callback());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    castellan,
    line: () => openLine(port),
    async call(request) {
      const line = await openLine(port);
      const answer = await line.call(typeof request === 'string' ? { target: request } : request);
      line.drop();
      return answer;
    },
  };
}

/** One route at `/`, all methods. */
const one =
  (handler: Koa.Middleware, policy: KitPolicy = {}, ...between: Koa.Middleware[]) =>
  (app: Koa, gate: Gate<KitPolicy>): void => {
    app.use(gate.problems);
    app.use(gate.guard(policy));
    for (const middleware of between) app.use(middleware);
    app.use(handler);
  };

const sends =
  (make: (context: Koa.Context) => unknown): Koa.Middleware =>
  (context) => {
    context.body = make(context);
  };

test('a policy that makes no sense throws where it is declared, and so do options', () => {
  const gate = createGate(kitCastellan());
  expect(() => gate.guard({ mistake: true })).toThrow('policy.mistake');
  expect(() => createGate(kitCastellan(), { parse: {} as never })).toThrow('options.parse');
  expect(() => createGate(kitCastellan(), { abandonAfter: 'soon' as never })).toThrow('options.abandonAfter');
  for (const prefix of ['auth', '/auth/', '//auth', '/a b/']) expect(() => gate.authRoutes(prefix)).toThrow('prefix');
});

test('headers that were set before a throw stay, but for those of the body', async () => {
  const scene = await serve(
    one((context) => {
      context.cookies.set('a', '1', { httpOnly: false });
      context.set('X-Own', '1');
      context.type = 'text/html';
      context.etag = '"1"';
      context.status = 201;
      throw new Problem('conflict');
    }),
  );
  const answer = await scene.call('/');
  expect(problemIn(answer).code).toBe('conflict');
  expect([answer.reason, answer.headers['set-cookie'], answer.headers['x-own'], answer.headers['etag']]).toEqual([
    'Conflict',
    ['a=1; path=/'],
    ['1'],
    undefined,
  ]);
});

test('a status that a handler sets is an answer, also 404 and without a body; only silence is ours', async () => {
  const { guard: watch, seen } = watching();
  const statuses: Readonly<Record<string, number | undefined>> = { '/404': 404, '/410': 410, '/none': undefined };
  const scene = await serve(
    one(
      (context) => {
        const status = statuses[context.path];
        if (status !== undefined) context.status = status;
      },
      { head: [watch] },
    ),
  );
  const told = await Promise.all(['/404', '/410'].map((path) => scene.call(path)));
  // Koa's own: the phrase is the body
  expect(told.map(({ status, body }) => [status, body.toString()])).toEqual([
    [404, 'Not Found'],
    [410, 'Gone'],
  ]);
  expect(problemIn(await scene.call('/none')).code).toBe('not_found');
  expect(seen).toHaveLength(3);
});

test('what ctx.throw says for the caller is a problem without its words', async () => {
  const scene = await serve(
    one((context) => {
      if (context.path === '/throw') context.throw(403, 'secret words');
      throw Object.assign(new Error('secret words'), { status: 409, expose: true });
    }),
  );
  for (const [path, status, code] of [
    ['/throw', 403, 'forbidden'],
    ['/error', 409, 'conflict'],
  ] as const) {
    const answer = await scene.call(path);
    expect([problemIn(answer).code, answer.status]).toEqual([code, status]);
    expect(answer.body.toString()).not.toContain('secret');
  }
});

test('an error that a middleware of the app catches is an ordinary answer', async () => {
  const { guard: watch, seen } = watching();
  const scene = await serve((app, { problems, guard }) => {
    app.use(problems);
    app.use(guard({ head: [watch] }));
    app.use(async (context, next) => {
      try {
        await next();
      } catch {
        context.status = 418;
        context.body = { own: true };
      }
    });
    app.use(() => {
      throw new Error('secret');
    });
  });
  const answer = await scene.call('/');
  expect([answer.status, answer.body.toString()]).toEqual([418, '{"own":true}']);
  expect(seen).toMatchObject([{ status: 418, error: undefined }]);
});

test('ctx.respond = false: what a handler sends itself is seen, and Koa adds nothing', async () => {
  const { guard: watch, seen } = watching({ late: true });
  const scene = await serve(
    one(
      (context) => {
        context.respond = false;
        setImmediate(() => context.res.writeHead(202, { 'content-type': 'text/plain' }).end('abc'));
      },
      { head: [watch] },
    ),
  );
  const { status, body, headers } = await scene.call('/');
  expect([status, body.toString(), headers['x-request-id']]).toEqual([202, 'abc', ['request-1']]);
  expect(seen).toMatchObject([{ status: 202 }]);
});

test.each<[string, () => unknown, string]>([
  ['an object', () => ({ a: 1 }), '{"a":1}'],
  ['a list', () => [1, 2], '[1,2]'],
  ['a text', () => 'abc', 'abc'],
  ['bytes', () => Buffer.from('abc'), 'abc'],
  ['a stream', () => createStage().source(), 'abcdefghi'],
  ['a web stream', () => Readable.toWeb(createStage().source()), 'abcdefghi'],
  ['a blob', () => new Blob(['abc']), 'abc'],
  ['a Response', () => new Response('abc'), 'abc'],
  ['null', () => null, ''],
])('ctx.body of each kind leaves as Koa sends it, whoever watches: %s', async (_, body, text) => {
  for (const policy of [{}, { head: [watching({ late: true, limit: 100 }).guard] }]) {
    const scene = await serve(one(sends(body), policy));
    const answer = await scene.call('/');
    expect([answer.status, answer.body.toString(), answer.cut]).toEqual([text === '' ? 204 : 200, text, false]);
  }
});

test('a source that fails before its first byte is a problem, one that never begins holds nothing up for others', async () => {
  const stage = createStage();
  const { guard: watch, seen } = watching({ late: true });
  const scene = await serve(
    one(
      sends(() => stage.failedSource()),
      { head: [watch] },
    ),
  );
  expect(problemIn(await scene.call('/')).code).toBe('internal');
  expect(scene.castellan.reported).toHaveLength(1);
  expect(seen).toHaveLength(1);
  const silent = new Readable({ read() {} });
  const quiet = await serve(one(sends(() => silent)));
  const line = await quiet.line();
  line.write({});
  await quiet.castellan.met(1);
  line.drop();
  await quiet.castellan.ended(1);
  expect(quiet.castellan.reported).toEqual([]);
  await expect.poll(() => silent.destroyed).toBe(true);
});

test('a failing source under a compression around us is answered and told once, not left hanging', async () => {
  const stage = createStage();
  const scene = await serve((app, { problems, guard }) => {
    app.use(compress({ threshold: 0, br: false, zstd: false, deflate: false }));
    app.use(problems);
    app.use(guard({}));
    app.use((context) => {
      context.type = 'text/plain';
      context.body = stage.halfSource();
    });
  });
  const line = await scene.line();
  line.write({ headers: { 'accept-encoding': 'gzip' } });
  await scene.castellan.met(1);
  stage.release();
  expect(problemIn(await line.answer()).code).toBe('internal'); // the compression has not let a byte go yet
  expect(scene.castellan.reported).toHaveLength(1);
});

test('Koa’s own: a compression between us and a handler whose source fails never ends the answer', async () => {
  const stage = createStage();
  const squeeze = compress({ threshold: 0, br: false, zstd: false, deflate: false });
  const handler: Koa.Middleware = (context) => {
    context.type = 'text/plain';
    context.body = context.path === '/half' ? stage.halfSource() : 'abc';
  };
  const scene = await serve(one(handler, {}, squeeze));
  const line = await scene.line();
  line.write({ target: '/half', headers: { 'accept-encoding': 'gzip' } });
  await scene.castellan.met(1);
  stage.release();
  for (let round = 0; round < 3; round++) await scene.call('/whole');
  expect([line.ended, line.pending.includes('\r\n0\r\n\r\n')]).toEqual([false, false]);
});

test('a web stream keeps the length that its handler told', async () => {
  const scene = await serve(
    one((context) => {
      context.body = Readable.toWeb(Readable.from([Buffer.from('abc')]));
      context.length = 3;
    }),
  );
  const { headers, body } = await scene.call('/');
  expect([headers['content-length'], headers['transfer-encoding'], body.toString()]).toEqual([['3'], undefined, 'abc']);
});

test('a source that fails before its first byte is answered with a problem, of whatever kind it is', async () => {
  const { PassThrough } = createRequire(import.meta.url)('readable-stream') as typeof import('node:stream');
  const sources = {
    '/package': () => new PassThrough(),
    '/web': () => new ReadableStream({ start: (source) => void setImmediate(() => source.error(new Error('secret'))) }),
  };
  const scene = await serve(
    one((context) => {
      const source = sources[context.path as keyof typeof sources]();
      context.body = source;
      if (source instanceof PassThrough) setImmediate(() => source.destroy(new Error('secret')));
    }),
  );
  for (const path of Object.keys(sources)) expect(problemIn(await scene.call(path)).code).toBe('internal');
});

test('what Node refuses to write of an answer is a problem, and no rejection that ends the process', async () => {
  const rejections: unknown[] = [];
  const note = (error: unknown): number => rejections.push(error);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
  const scene = await serve(
    one((context) => {
      if (context.path === '/trailer') context.set('Trailer', 'X-Sum');
      else {
        context.status = 500;
        context.message = 'no €';
      }
      context.body = 'abc';
    }),
  );
  for (const path of ['/trailer', '/message']) expect(problemIn(await scene.call(path)).code).toBe('internal');
  expect(rejections).toEqual([]);
});

test('of a pattern the template is its text', async () => {
  const seen: unknown[] = [];
  const router = new Router();
  router.get(
    /^\/orders-(\d+)$/,
    createGate(kitCastellan()).guard({ head: [({ request }) => void seen.push(request.route)] }),
    (context) => {
      context.body = {};
    },
  );
  const scene = await serve((app, { problems }) => void app.use(problems).use(router.routes()));
  await scene.call('/orders-7');
  expect(seen).toEqual([String(/^\/orders-(\d+)$/)]);
});

test('a client that goes away is no failure', async () => {
  const stage = createStage();
  const scene = await serve(
    one(async (context) => {
      stage.entered('slow');
      await stage.go();
      context.body = {};
    }),
  );
  const line = await scene.line();
  line.write({});
  await stage.untilRan(1);
  line.drop();
  await scene.castellan.ended(1);
  stage.release();
  stage.release();
  expect((await scene.call('/')).status).toBe(200);
  expect(scene.castellan.reported).toEqual([]);
});

test('Koa’s own: HEAD of a web stream says the length of `{}`', async () => {
  const scene = await serve(one(sends(() => Readable.toWeb(createStage().source()))));
  expect((await scene.call({ method: 'HEAD' })).headers['content-length']).toEqual(['2']);
});

test('Koa’s own: HEAD of a stream does not read it', async () => {
  const stage = createStage();
  const scene = await serve(one(sends(() => stage.failedSource())));
  expect([(await scene.call({ method: 'HEAD' })).status, (await scene.call('/')).status]).toEqual([200, 500]);
});

test('Koa’s own: without @koa/router a guard knows no template; one of the policy is taken', async () => {
  const seen: unknown[] = [];
  const policy: KitPolicy = { head: [({ request }) => void seen.push(request.route)] };
  const body = sends(() => ({}));
  await (await serve(one(body, policy))).call('/');
  await (await serve(one(body, { ...policy, route: '/v1/:named' }))).call('/');
  const nested = await serve((app, { problems, guard }) => {
    const router = new Router({ prefix: '/v1' });
    router.get('/orders/:id', guard(policy), body);
    app.use(problems).use(router.routes());
  });
  await nested.call('/v1/orders/7');
  expect(seen).toEqual([undefined, '/v1/:named', '/v1/orders/:id']);
});

test('bodyParser() as parse runs between head and body, and only for who was let in', async () => {
  const order: string[] = [];
  const parse = bodyParser({ jsonLimit: '1kb' });
  const policy: KitPolicy = {
    head: [authenticate, () => void order.push('head')],
    body: [({ body, request }) => void order.push(`body ${JSON.stringify(body.value)} of ${request.method}`)],
  };
  const scene = await serve(
    one(
      sends(({ request }) => (request as { body?: unknown }).body),
      policy,
    ),
    {
      async parse(context: Koa.Context, next) {
        order.push('parse');
        await parse(context, next);
      },
    },
  );
  const post = { method: 'POST', body: '{"a":1}', headers: { 'content-type': 'application/json' } };
  expect((await scene.call(post)).status).toBe(401);
  const passed = await scene.call({ ...post, headers: { ...post.headers, ...GOOD } });
  expect(passed.body.toString()).toBe('{"a":1}');
  expect(order).toEqual(['head', 'parse', 'body {"a":1} of POST']);
  const large = { ...post, body: JSON.stringify('x'.repeat(2_000)), headers: { ...post.headers, ...GOOD } };
  expect(problemIn(await scene.call(large)).code).toBe('body_too_large');
  expect(problemIn(await scene.call({ ...large, body: '{"a":' })).status).toBe(400);
});

test('two guards on the way share one exchange, and both see the answer', async () => {
  const seen: string[] = [];
  const watch =
    (name: string): NonNullable<KitPolicy['head']>[number] =>
    ({ context }) =>
    (response) => {
      seen.push(`${name} ${response.status} ${context.requestId}`);
      return response;
    };
  const scene = await serve((app, { problems, guard }) => {
    app.use(problems);
    app.use(guard({ head: [watch('outer')] }));
    app.use(guard({ head: [watch('inner'), authenticate] }));
    app.use(sends(() => ({})));
  });
  await scene.call({ headers: GOOD });
  await scene.call('/');
  expect(seen).toEqual(['inner 200 request-1', 'outer 200 request-1', 'inner 401 request-2', 'outer 401 request-2']);
});

test('endpoints are mounted under any prefix, also none', async () => {
  const castellan = kitCastellan({
    endpoints: [{ method: 'GET', path: '/me', public: true, handle: () => ({ status: 200, headers: {}, body: 'me' }) }],
  });
  for (const [prefix, path] of [
    ['/auth', '/auth/me'],
    ['/v1/identity', '/v1/identity/me'],
    ['', '/me'],
  ] as const) {
    const scene = await serve((app, { problems, authRoutes }) => void app.use(problems).use(authRoutes(prefix)), {
      castellan,
    });
    expect((await scene.call(path)).body.toString()).toBe('me');
    expect(problemIn(await scene.call('/elsewhere')).code).toBe('not_found');
  }
});
