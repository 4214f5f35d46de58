import express from 'express';
import { describe, expect, it } from 'vitest';
import { kitCastellan } from '../../testkit/src/adapter-cases/kit-entry.ts';
import { assertGuarded } from './assert-guarded.ts';
import { createGate } from './gate.ts';

const { guard, authRoutes, problems } = createGate(kitCastellan());
const handler: express.RequestHandler = (_req, res) => void res.end();

describe('assertGuarded', () => {
  it('passes an app whose routes all have one, public ones too', () => {
    const app = express();
    app.use(express.json());
    app.use('/auth', authRoutes);
    app.get('/a', guard(), handler);
    app.post('/a', express.json(), guard({}), handler);
    app.route('/b').all(guard()).get(handler).post(handler);
    app.use(problems);
    expect(() => assertGuarded(app)).not.toThrow();
  });

  it('names the routes that have none, in nested routers and apps too', () => {
    const app = express();
    app.get('/a', handler);
    app.get('/a', guard(), handler);
    app.route('/b').get(guard(), handler).post(handler);
    app.put('/late', handler, guard());
    const router = express.Router();
    router.delete('/:id', handler);
    router.get('/', handler);
    app.use('/v1/orders', router);
    const nested = express();
    nested.all('/any', handler);
    router.use('/nested', nested);
    app.get(/^\/pattern/, handler);
    expect(() => assertGuarded(app)).toThrow(
      [
        'These routes have no guard; a public one has guard({ public: true }):',
        '  GET /a',
        '  POST /b',
        '  PUT /late',
        '  DELETE /v1/orders/:id',
        '  GET /v1/orders',
        '  ALL /v1/orders/nested/any',
        '  GET /^\\/pattern/',
      ].join('\n'),
    );
  });

  it('a guard in front of a router, an app or a prefix covers what comes after it there, and only that', () => {
    const app = express();
    app.get('/before', handler);
    const inside = express.Router();
    inside.use(guard());
    inside.get('/covered', handler);
    app.use('/inside', inside);
    const outside = express.Router();
    outside.get('/covered', handler);
    app.use('/prefix', guard(), outside);
    app.get('/prefix/later', handler);
    app.get('/prefixed', handler);
    expect(() => assertGuarded(app)).toThrow(/:\n {2}GET \/before\n {2}GET \/prefixed$/);
    expect(() => assertGuarded(express().use(guard()).get('/x', handler))).not.toThrow();
  });

  it('a guard whose mount path the router does not tell covers nothing: it may stand elsewhere', () => {
    const route = { path: '/open', stack: [{ method: 'get', handle: handler }] };
    const app = Object.assign(() => {}, { stack: [{ handle: guard() }, { handle: { stack: [{ route }] } }] });
    expect(() => assertGuarded(app)).toThrow(/GET \/…\/open$/);
  });

  it('except leaves routes open on purpose', () => {
    const app = express();
    app.get('/health', handler);
    app.post('/health', handler);
    expect(() => assertGuarded(app, { except: ['/health'] })).not.toThrow();
    expect(() => assertGuarded(app, { except: ['GET /health'] })).toThrow(/:\n {2}POST \/health$/);
  });

  it('what is no app is a TypeError', () => {
    expect(() => assertGuarded({})).toThrow(TypeError);
    expect(() => assertGuarded(handler)).toThrow(TypeError);
  });
});
