import type { AddressInfo } from 'node:net';
import { Problem } from '@castellan/core/http';
import fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyServerOptions } from 'fastify';
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
import { openLine } from '../../testkit/src/adapter-cases/wire/line.ts';
import type { WireRequest } from '../../testkit/src/adapter-cases/wire/request-bytes.ts';
import { createGate, type Gate, type GateOptions } from './gate.ts';

interface Scene {
  readonly app: FastifyInstance;
  readonly castellan: KitCastellan;
  call(request: WireRequest | string): Promise<Answer>;
}

interface Settings extends GateOptions {
  readonly server?: FastifyServerOptions;
  readonly castellan?: KitCastellan;
}

/** An app of one test: routes in, a server out. */
async function serve(
  routes: (app: FastifyInstance, gate: Gate<KitPolicy>) => unknown,
  { server, castellan = kitCastellan(), ...options }: Settings = {},
): Promise<Scene> {
  const gate = createGate(castellan, options);
  const app = fastify({ frameworkErrors: gate.frameworkErrors, forceCloseConnections: true, ...server });
  onTestFinished(() => app.close());
  await app.register(gate.plugin);
  await routes(app, gate);
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return {
    app,
    castellan,
    async call(request) {
      const line = await openLine(port);
      const answer = await line.call(typeof request === 'string' ? { target: request } : request);
      line.drop();
      return answer;
    },
  };
}

const ok = async (): Promise<object> => ({ ok: true });
const fails = async (): Promise<never> => {
  throw new Error('secret');
};

test('a route without a policy throws where it is declared, in every scope; one that is named does not', async () => {
  const castellan = kitCastellan();
  const { plugin, guard } = createGate(castellan, { except: ['GET /docs', '/open/*'] });
  const app = fastify({ exposeHeadRoutes: false });
  await app.register(plugin);
  expect(() => app.get('/orders', ok)).toThrow('GET /orders has no policy');
  expect(() => app.route({ method: ['PUT', 'POST'], url: '/orders', handler: ok })).toThrow('PUT,POST /orders');
  // the policy belongs into `config`: beside it nobody would look for it
  expect(() => app.get('/spread', { ...guard() } as never, ok)).toThrow('GET /spread has no policy');
  expect(() => app.post('/docs', ok)).toThrow('POST /docs');
  app.get('/docs', ok);
  app.get('/open/a/b', ok);
  app.get('/closed', { config: guard() }, ok);
  const child: FastifyPluginAsync = async (scope) => void scope.get('/deep', ok);
  app.register(child, { prefix: '/child' });
  await expect(app.ready()).rejects.toThrow('GET /child/deep has no policy');
});

test('an excepted GET is excepted with the HEAD that Fastify declares beside it; of several methods each must be', async () => {
  const { plugin } = createGate(kitCastellan(), { except: ['GET /docs', 'GET /both', 'POST /both', 'GET /half'] });
  const app = fastify();
  await app.register(plugin);
  app.get('/docs', ok);
  app.route({ method: ['GET', 'POST'], url: '/both', handler: ok });
  expect(() => app.route({ method: ['GET', 'POST'], url: '/half', handler: ok })).toThrow('GET,POST /half');
  await app.ready();
  expect((await app.inject({ method: 'HEAD', url: '/docs' })).statusCode).toBe(200);
  await app.close();
});

test('what an error handler of the route throws on leaves as a problem, at once or later, and shows no message', async () => {
  const { plugin, guard } = createGate(kitCastellan());
  const app = fastify();
  await app.register(plugin);
  const config = guard({});
  const handlers: Readonly<Record<string, (error: Error) => unknown>> = {
    '/throws': (error) => {
      throw error;
    },
    '/rejects': async (error) => {
      throw error;
    },
    '/problem': () => {
      throw new Problem('conflict');
    },
    '/answers': async () => ({ own: true }),
  };
  for (const [url, errorHandler] of Object.entries(handlers)) app.get(url, { config, errorHandler }, fails);
  const codes = [];
  for (const url of Object.keys(handlers)) {
    const { statusCode, body } = await app.inject(url);
    codes.push([url, statusCode, JSON.parse(body).code ?? JSON.parse(body).own]);
    expect(body).not.toContain('secret');
  }
  expect(codes).toEqual([
    ['/throws', 500, 'internal'],
    ['/rejects', 500, 'internal'],
    ['/problem', 409, 'conflict'],
    ['/answers', 200, true],
  ]);
  await app.close();
});

test('what a policy makes no sense throws where it is declared', () => {
  const gate = createGate(kitCastellan());
  expect(() => gate.guard({ mistake: true })).toThrow('policy.mistake');
  expect(() => createGate(kitCastellan(), { abandonAfter: 'soon' as never })).toThrow('options.abandonAfter');
  expect(() => createGate(kitCastellan(), { bodyLimit: 0 })).toThrow('options.bodyLimit');
});

test('the library starts with the app and stops with it', async () => {
  const order: string[] = [];
  const castellan = {
    ...kitCastellan(),
    start: async () => void order.push('start'),
    stop: async () => void order.push('stop'),
  };
  const app = fastify();
  await app.register(createGate(castellan).plugin);
  await app.ready();
  expect(order).toEqual(['start']);
  await app.close();
  expect(order).toEqual(['start', 'stop']);
});

test('hooks of a route run after the guard, whatever they are and however the options are put together', async () => {
  const order: string[] = [];
  const hook = (name: string) => async (): Promise<void> => void order.push(name);
  const scene = await serve((app, { guard }) => {
    const policy = { config: { ...guard({ head: [authenticate, () => void order.push('guard')] }), other: 1 } };
    app.get('/one', { ...policy, onRequest: hook('one') }, async (request) => request.routeOptions.config);
    app.get('/list', { ...policy, onRequest: [hook('a'), hook('b')], preHandler: hook('c') }, ok);
  });
  const one = await scene.call({ target: '/one', headers: GOOD });
  expect(JSON.parse(one.body.toString())).toMatchObject({ other: 1 });
  await scene.call({ target: '/list', headers: GOOD });
  await scene.call('/list');
  expect(order).toEqual(['guard', 'one', 'guard', 'a', 'b', 'c']);
});

test('hooks of the app: onRequest runs before a guard, onSend for what a handler answers, onResponse always', async () => {
  const order: string[] = [];
  const scene = await serve((app, { guard }) => {
    app.addHook('onRequest', async ({ url }) => void order.push(`onRequest ${url}`));
    app.addHook('preHandler', async ({ url }) => void order.push(`preHandler ${url}`));
    app.addHook('onSend', async ({ url }, _reply, payload) => {
      order.push(`onSend ${url}`);
      return typeof payload === 'string' ? payload.replace('true', '"seen"') : payload;
    });
    app.addHook('onResponse', async ({ url }, { statusCode }) => void order.push(`onResponse ${url} ${statusCode}`));
    app.get('/closed', { config: guard() }, ok);
    app.get('/open', { config: guard({ head: [watching({ late: true }).guard] }) }, ok);
    app.get('/throws', { config: guard({}) }, fails);
  });
  expect((await scene.call('/closed')).status).toBe(401);
  expect((await scene.call('/open')).body.toString()).toBe('{"ok":"seen"}');
  expect((await scene.call('/throws')).status).toBe(500);
  expect(order).toEqual([
    'onRequest /closed',
    'onResponse /closed 401',
    'onRequest /open',
    'preHandler /open',
    'onSend /open',
    'onResponse /open 200',
    'onRequest /throws',
    'preHandler /throws',
    'onResponse /throws 500',
  ]);
});

test('a send that is not returned is sent once, also while guards or an onSend hook of the app take their time', async () => {
  const { guard: watch, seen } = watching({ late: true });
  const scene = await serve((app, { guard }) => {
    const config = guard({ head: [watch] });
    app.get('/late', { config }, async (_request, reply) => void reply.code(201).send({ a: 1 }));
    app.get('/twice', { config }, async (_request, reply) => {
      reply.code(201).send({ a: 1 });
      return { a: 2 };
    });
  });
  for (const target of ['/late', '/twice']) {
    const { status, body, cut } = await scene.call(target);
    expect([status, body.toString(), cut]).toEqual([201, '{"a":1}', false]);
  }
  expect(seen.map(({ status }) => status)).toEqual([201, 201]);
});

test('errors of a guarded route are ours; those of others stay the app’s', async () => {
  const { guard: watch, seen } = watching();
  const scene = await serve(
    (app, { guard }) => {
      app.setErrorHandler((_error, _request, reply) => void reply.code(418).send({ own: true }));
      app.get('/guarded', { config: guard({ head: [watch] }) }, fails);
      app.get('/excepted', fails);
      app.get(
        '/own',
        {
          config: guard({ head: [watch] }),
          errorHandler: (_error, _request, reply) => void reply.code(419).send({ own: true }),
        },
        fails,
      );
    },
    { except: ['/excepted'] },
  );
  expect(problemIn(await scene.call('/guarded')).code).toBe('internal');
  expect((await scene.call('/excepted')).status).toBe(418);
  expect((await scene.call('/own')).status).toBe(419);
  // an error handler of the route makes an ordinary answer of a throw
  expect(seen.map(({ status, error }) => [status, error instanceof Error])).toEqual([
    [500, true],
    [419, false],
  ]);
});

test('what Fastify refuses of a body, or by a schema of its own, is a problem without its words', async () => {
  const schema = { body: { type: 'object', required: ['total'], properties: { total: { type: 'integer' } } } };
  const scene = await serve((app, { guard }) => {
    app.post('/', { config: guard({}), schema, bodyLimit: 100 }, ok);
  });
  const type = { 'content-type': 'application/json' };
  for (const [body, headers, status] of [
    ['{"total":"x"}', type, 400],
    ['{"total":', type, 400],
    ['', type, 400],
    [JSON.stringify({ total: 'x'.repeat(200) }), type, 413],
    ['x', { 'content-type': 'text/csv' }, 415],
  ] as const) {
    const answer = await scene.call({ method: 'POST', body, headers });
    expect(problemIn(answer).status).toBe(status);
    expect(answer.body.toString()).not.toMatch(/FST_|must be|JSON/);
  }
  expect((await scene.call({ method: 'POST', body: '{"total":1}', headers: type })).status).toBe(200);
});

test('a not-found handler of the app is its own affair, and two of one scope are refused', async () => {
  const scene = await serve(
    (app) => void app.setNotFoundHandler((_request, reply) => void reply.code(404).send({ own: true })),
    { notFound: false },
  );
  expect((await scene.call('/nothing')).body.toString()).toBe('{"own":true}');
  await expect(serve((app) => void app.setNotFoundHandler(() => {}))).rejects.toThrow(/already set/i);
});

test('HEAD is served where Fastify serves it, by the same guard', async () => {
  const counted: string[] = [];
  const routes = (app: FastifyInstance, { guard }: Gate<KitPolicy>): void => {
    const config = guard({ head: [({ request }) => void counted.push(request.method)] });
    app.get('/', { config }, ok);
  };
  const scene = await serve(routes);
  expect((await scene.call({ method: 'HEAD' })).status).toBe(200);
  const without = await serve(routes, { server: { exposeHeadRoutes: false } });
  expect((await without.call({ method: 'HEAD' })).status).toBe(404);
  expect(counted).toEqual(['HEAD']);
});

test('routes in scopes of their own, with prefixes, are guarded under their whole template', async () => {
  const routes: unknown[] = [];
  const scene = await serve((app, { guard }) => {
    const child: FastifyPluginAsync = async (scope) => {
      scope.get('/orders/:id', { config: guard({ head: [({ request }) => void routes.push(request.route)] }) }, ok);
      scope.get('/closed', { config: guard() }, ok);
    };
    app.register(child, { prefix: '/v1/:tenant' });
  });
  expect((await scene.call('/v1/a/orders/7')).status).toBe(200);
  expect((await scene.call('/v1/a/closed')).status).toBe(401);
  expect(routes).toEqual(['/v1/:tenant/orders/:id']);
});

test('endpoints are mounted under any prefix, in any scope; a route of the app below it is the app’s', async () => {
  const castellan = kitCastellan({
    endpoints: [
      {
        method: 'GET',
        path: '/me',
        public: true,
        handle: ({ request: { route = '' } }) => ({ status: 200, headers: {}, body: route }),
      },
    ],
  });
  const scene = await serve(
    (app, { guard, authRoutes }) => {
      app.register(authRoutes, { prefix: '/auth' });
      app.get('/auth/own', { config: guard({}) }, ok);
      const child: FastifyPluginAsync = async (scope) => void scope.register(authRoutes, { prefix: '/identity' });
      app.register(child, { prefix: '/:v' });
      app.register(authRoutes);
    },
    { castellan, notFound: false },
  );
  const seen = await Promise.all(['/auth/me', '/v1/identity/me', '/me'].map((path) => scene.call(path)));
  expect(seen.map(({ body }) => body.toString())).toEqual(['/auth/me', '/:v/identity/me', '/me']);
  expect((await scene.call('/auth/own')).body.toString()).toBe('{"ok":true}');
  expect(problemIn(await scene.call('/nothing')).code).toBe('not_found');
});

test('a trailing slash is the router’s: one guard, whichever it is', async () => {
  let asked = 0;
  const scene = await serve(
    (app, { guard }) => void app.get('/a', { config: guard({ head: [() => void asked++] }) }, ok),
    { server: { routerOptions: { ignoreTrailingSlash: true } } },
  );
  for (const target of ['/a', '/a/']) expect((await scene.call(target)).status).toBe(200);
  expect(asked).toBe(2);
});

test('Fastify’s own: a static path is decoded before it is looked for, and a parameter may be empty', async () => {
  const seen: unknown[] = [];
  const scene = await serve((app, { guard }) => {
    const config = guard({ head: [({ request }) => void seen.push([request.route, request.target])] });
    app.get('/plain', { config }, ok);
    app.get('/orders/:id', { config }, ok);
  });
  for (const target of ['/pl%61in', '/orders/']) expect((await scene.call(target)).status).toBe(200);
  expect(seen).toEqual([
    ['/plain', '/pl%61in'],
    ['/orders/:id', '/orders/'],
  ]);
});

test('Fastify’s own: HEAD of a 204 that nobody watches says a length', async () => {
  const scene = await serve((app, { guard }) => {
    app.get('/empty', { config: guard({}) }, async (_request, reply) => reply.code(204).send());
  });
  const { status, headers } = await scene.call({ method: 'HEAD', target: '/empty' });
  expect([status, headers['content-length']]).toEqual([204, ['0']]);
});

test('Fastify’s own: HEAD of a stream does not read it', async () => {
  const stage = createStage();
  const scene = await serve((app, { guard }) => {
    app.get('/', { config: guard({}) }, async (_request, reply) => reply.type('text/plain').send(stage.failedSource()));
  });
  expect((await scene.call({ method: 'HEAD' })).status).toBe(200);
  expect((await scene.call('/')).status).toBe(500);
});

test('a hijacked answer has what its handler takes along', async () => {
  const { guard: watch, seen } = watching({ late: true });
  const scene = await serve((app, { guard }) => {
    app.get('/', { config: guard({ head: [watch] }) }, async (_request, reply) => {
      reply.hijack();
      reply.raw.writeHead(202, reply.getHeaders() as Record<string, string>).end('abc');
    });
  });
  const { status, body, headers } = await scene.call('/');
  expect([status, body.toString(), headers['x-request-id']]).toEqual([202, 'abc', ['request-1']]);
  expect(seen).toHaveLength(1);
});

test('app.inject goes through the same doors', async () => {
  const { guard: watch, seen } = watching({ late: true, limit: 100 });
  const bodies: unknown[] = [];
  const { app } = await serve((app, { guard, authRoutes }) => {
    app.register(authRoutes, { prefix: '/auth' });
    app.get('/closed', { config: guard() }, ok);
    app.get('/open', { config: guard({ head: [watch] }) }, ok);
    app.get('/throws', { config: guard({ head: [watch] }) }, fails);
    app.post(
      '/body',
      { config: guard({ body: [({ body }) => void bodies.push(body.value)] }) },
      async ({ body }) => body,
    );
  });
  const statuses = [];
  for (const url of ['/closed', '/open', '/throws', '/nothing', '/auth/none', '/%zz'])
    statuses.push((await app.inject(url)).statusCode);
  expect(statuses).toEqual([401, 200, 500, 404, 404, 404]);
  expect((await app.inject({ method: 'POST', url: '/body', payload: { a: 1 } })).json()).toEqual({ a: 1 });
  expect([seen.length, bodies]).toEqual([2, [{ a: 1 }]]);
});

test('what Fastify refuses before it has a route is a problem too, and told where somebody listens', async () => {
  const scene = await serve((app, { guard }) => void app.get('/:id', { config: guard({}) }, ok), {
    server: { routerOptions: { maxParamLength: 10 } },
  });
  expect(problemIn(await scene.call(`/${'a'.repeat(20)}`)).code).toBe('uri_too_long');
  expect(problemIn(await scene.call('/%zz')).code).toBe('not_found');
  await scene.castellan.ended(2);
  expect(scene.castellan.finished.map(({ status }) => status)).toEqual([414, 404]);
});

test('an unknown path is unknown whatever is sent to it: Fastify would read, and refuse, the body of nobody', async () => {
  const { call } = await serve((app, { guard }) => app.get('/orders', { config: guard() }, ok));
  const headers = { 'content-type': 'application/json' };
  for (const target of ['/none', '/orders'])
    expect(problemIn(await call({ method: 'POST', target, headers, body: '{' })).code).toBe('not_found');
});

test('what a handler does not find is unknown too, and a scope with a not-found handler of its own keeps it', async () => {
  const scene = await serve(async (app, { guard }) => {
    app.get('/orders/:id', { config: guard({}) }, (_request, reply) => reply.callNotFound());
    const own: FastifyPluginAsync = async (child) => {
      child.setNotFoundHandler((_request, reply) => void reply.code(404).send({ own: true }));
    };
    await app.register(own, { prefix: '/own' });
  });
  expect(problemIn(await scene.call('/orders/7')).code).toBe('not_found');
  expect((await scene.call('/own/nothing')).body.toString()).toBe('{"own":true}');
});

test('an answer of a guard that Node refuses to write is a problem: Fastify would say nothing more', async () => {
  const unwritable = () => ({ status: 1000, headers: {}, body: null });
  const scene = await serve((app, { guard }) => app.get('/', { config: guard({ head: [unwritable] }) }, ok));
  expect(problemIn(await scene.call('/')).code).toBe('internal');
});
