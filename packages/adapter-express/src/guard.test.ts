import { type Guard, Problem, principalOf } from '@castellan/core/http';
import express, { type Express } from 'express';
import { describe, expect, it } from 'vitest';
import { call, json, listen, post, problem, type Wire } from '../../../tests/express/wire.ts';
import { authenticate, type KitPolicy, kitCastellan } from '../../testkit/src/adapter-cases/kit-entry.ts';
import { createGate, type Gate, type GateOptions } from './gate.ts';

const good = { authorization: 'Bearer good' };

/** An app of one test: routes in, a server out. */
async function serve(
  routes: (app: Express, gate: Gate<KitPolicy>) => void,
  options: GateOptions = {},
): Promise<Wire & { readonly reported: readonly unknown[] }> {
  const entry = kitCastellan();
  const gate = createGate(entry, options);
  const app = express();
  routes(app, gate);
  app.use(gate.problems);
  return { ...(await listen(app)), reported: entry.reported };
}

describe('guard', () => {
  it('routes by pattern, and of several paths, have names of their own: what counts by route tells them apart', async () => {
    const seen: unknown[] = [];
    const policy: KitPolicy = { head: [({ request }) => void seen.push(request.route)] };
    const wire = await serve((app, { guard }) => {
      const router = express.Router();
      router.get(/^\/one/, guard(policy), (_req, res) => void res.end());
      router.get(['/two', '/three'], guard(policy), (_req, res) => void res.end());
      app.use('/v1', router);
    });
    for (const path of ['/v1/one', '/v1/two', '/v1/three']) await call(wire, path);
    expect(seen).toEqual([`/v1${/^\/one/}`, '/v1/two|/three', '/v1/two|/three']);
  });

  it('an answer that Node refuses to write is a problem, or a cut line where somebody watched: nobody waits', async () => {
    const wire = await serve((app, { guard }) => {
      const refused: express.RequestHandler = (_req, res) => {
        res.statusMessage = 'no €';
        res.status(500).end('abc');
      };
      app.get('/', guard({}), refused);
      app.get('/watched', guard({ head: [() => (response) => response] }), refused);
    });
    expect(problem(await call(wire, '/')).code).toBe('internal');
    await expect(call(wire, '/watched')).rejects.toThrow('socket hang up');
  });

  it('lets the caller in, seats it, and says the request id', async () => {
    const wire = await serve((app, { guard }) =>
      app.get(
        '/orders/:id',
        guard(),
        (req, res) => void res.json({ owner: principalOf(req).subject, id: req.params.id }),
      ),
    );
    const answer = await call(wire, '/orders/7', { headers: { ...good, 'x-request-id': 'trace-0001' } });
    expect(json(answer)).toEqual({ owner: 'alice', id: '7' });
    expect(answer.headers['x-request-id']).toBe('trace-0001');
    expect((await call(wire, '/orders/7', { headers: good })).headers['x-request-id']).toBe('request-1');
  });

  it('refuses with a problem and its challenge, whatever the handler would do', async () => {
    let ran = false;
    const wire = await serve((app, { guard }) =>
      app.get('/', guard(), (_req, res) => {
        ran = true;
        res.json({});
      }),
    );
    const answer = await call(wire, '/');
    expect(problem(answer)).toMatchObject({ status: 401, code: 'invalid_token' });
    expect(answer.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    expect(ran).toBe(false);
  });

  it('a mistake in a policy throws where the route is declared', () => {
    const entry = kitCastellan();
    const compile = (): never => {
      throw new TypeError('policy.tier must be one of free, pro');
    };
    const { guard } = createGate<KitPolicy>({ http: { ...entry.http, compile } });
    expect(() => guard({})).toThrow('policy.tier');
    expect(() => createGate(entry, { parse: {} as never })).toThrow('options.parse');
    expect(() => createGate(entry, { abandonAfter: 'soon' as never })).toThrow('options.abandonAfter');
  });

  it('sees method, target, route, headers and the address by the app’s trust-proxy rule', async () => {
    const seen: unknown[] = [];
    const look: Guard = ({ request: { method, target, route, headers, ip, arrivedAt, gone } }) =>
      void seen.push({
        method,
        target,
        route,
        host: headers['x-own'],
        ip,
        before: arrivedAt <= performance.now(),
        gone,
      });
    const wire = await serve((app, { guard }) => {
      app.set('trust proxy', 1);
      const router = express.Router();
      router.get('/orders/:id', guard({ head: [look] }), (_req, res) => void res.end());
      router.get('/named', guard({ head: [look], route: '/v1/:named' }), (_req, res) => void res.end());
      app.use('/v1', router);
      app.use('/bare', guard({ head: [look] }), (_req, res) => void res.end());
      app.get(/^\/pattern/, guard({ head: [look] }), (_req, res) => void res.end());
    });
    const headers = { 'x-own': 'own', 'x-forwarded-for': '203.0.113.9, 198.51.100.7' };
    for (const path of ['/v1/orders/7?a=1', '/v1/named', '/bare/x', '/pattern']) await call(wire, path, { headers });
    const always = { method: 'GET', host: 'own', ip: '198.51.100.7', before: true, gone: false };
    expect(seen).toEqual([
      { ...always, target: '/v1/orders/7?a=1', route: '/v1/orders/:id' },
      { ...always, target: '/v1/named', route: '/v1/:named' },
      { ...always, target: '/bare/x', route: undefined },
      { ...always, target: '/pattern', route: String(/^\/pattern/) },
    ]);
  });

  it('two guards on the way share one exchange: one request id, and both see the answer', async () => {
    const seen: string[] = [];
    const watch =
      (name: string): Guard =>
      ({ context }) =>
      (response) => {
        seen.push(`${name} ${response.status} ${context.requestId}`);
        return response;
      };
    const wire = await serve((app, { guard }) => {
      app.use(guard({ head: [watch('outer')] }));
      app.get('/ok', guard({ head: [watch('inner'), authenticate] }), (_req, res) => void res.json({}));
      app.get('/thrown', guard({ head: [authenticate] }), () => {
        throw new Problem('conflict');
      });
    });
    await call(wire, '/ok', { headers: good });
    await call(wire, '/ok');
    await call(wire, '/thrown', { headers: good });
    await call(wire, '/nowhere');
    expect(seen).toEqual([
      'inner 200 request-1',
      'outer 200 request-1',
      'inner 401 request-2',
      'outer 401 request-2',
      'outer 409 request-3',
      'outer 404 request-4',
    ]);
  });
});

describe('body guards', () => {
  const strict: KitPolicy = {
    head: [authenticate],
    body: [
      ({ body }) => {
        if ((body.value as { total?: unknown } | undefined)?.total !== 1)
          throw new Problem('validation_failed', {
            fields: [{ pointer: '/total', code: 'not_allowed', detail: 'must be 1' }],
          });
      },
    ],
  };

  it('run after parse, which runs after the head', async () => {
    const order: string[] = [];
    const wire = await serve(
      (app, { guard }) =>
        app.post(
          '/',
          guard({ head: [() => void order.push('head')], body: [() => void order.push('body')] }),
          (req, res) => void res.json({ total: req.body.total }),
        ),
      { parse: express.json({ verify: () => void order.push('parse') }) },
    );
    expect(json(await post(wire, '/', { total: 2 }))).toEqual({ total: 2 });
    expect(order).toEqual(['head', 'parse', 'body']);
  });

  it('take what a parser before them has left, with its bytes', async () => {
    const seen: unknown[] = [];
    let parsed = 0;
    const wire = await serve(
      (app, { guard }) => {
        app.use(express.json({ verify: (req, _res, bytes) => void Object.assign(req, { rawBody: bytes }) }));
        app.post(
          '/',
          guard({ body: [({ body }) => void seen.push(body.value, body.raw?.toString())] }),
          (_req, res) => void res.end(),
        );
      },
      { parse: (_req, _res, next) => next(parsed++) },
    );
    await post(wire, '/', '{"a": 1}');
    expect([...seen, parsed]).toEqual([{ a: 1 }, '{"a": 1}', 0]);
  });

  it('refuse with a problem, and the request of a refused caller is never parsed', async () => {
    let parsed = 0;
    const wire = await serve((app, { guard }) => app.post('/', guard(strict), (_req, res) => void res.json({})), {
      parse: express.json({ verify: () => void parsed++ }),
    });
    expect((await post(wire, '/', { total: 1 })).status).toBe(401);
    expect(parsed).toBe(0);
    expect(problem(await post(wire, '/', { total: 2 }, good))).toMatchObject({
      code: 'validation_failed',
      fields: [{ pointer: '/total' }],
    });
    expect((await post(wire, '/', { total: 1 }, good)).status).toBe(200);
  });

  it.each([
    ['{"total":', 'application/json', 400, 'malformed_body'],
    [`{"total":"${'x'.repeat(2000)}"}`, 'application/json', 413, 'body_too_large'],
    ['{}', 'application/json; charset=latin1', 415, 'unsupported_media_type'],
  ])('what parse refuses is a problem that the head’s guards see: %.12s as %s', async (body, type, status, code) => {
    const seen: number[] = [];
    const watch: Guard = () => (response) => {
      seen.push(response.status);
      return response;
    };
    const wire = await serve(
      (app, { guard }) => app.post('/', guard({ ...strict, head: [watch] }), (_req, res) => void res.json({})),
      { parse: express.json({ limit: 1000 }) },
    );
    expect(problem(await post(wire, '/', body, { 'content-type': type }))).toMatchObject({ status, code });
    expect(seen).toEqual([status]);
  });

  it('a parser that throws, rejects or passes on no Error is internal, without a message', async () => {
    const parsers: GateOptions['parse'][] = [
      () => {
        throw new Error('secret');
      },
      async () => {
        throw new Error('secret');
      },
      (_req, _res, next) => next('secret'),
    ];
    for (const parse of parsers) {
      if (!parse) continue;
      const wire = await serve((app, { guard }) => app.post('/', guard(strict), (_req, res) => void res.json({})), {
        parse,
      });
      const answer = await post(wire, '/', {}, good);
      expect(problem(answer).code).toBe('internal');
      expect(answer.body.toString()).not.toContain('secret');
    }
  });
});
