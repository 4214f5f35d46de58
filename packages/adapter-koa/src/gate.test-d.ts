import type { Entry } from '@castellan/core/http';
import Router from '@koa/router';
import Koa from 'koa';
import { expectTypeOf, test } from 'vitest';
import { createGate } from './gate.ts';

interface Private {
  readonly public?: never;
  readonly scope?: string;
  readonly tier?: 'free' | 'pro';
}
interface Public {
  readonly public: true;
  readonly scope?: never;
  readonly tier?: never;
}

declare const castellan: { readonly http: Entry<Private | Public> };
const { problems, guard, authRoutes, healthRoutes } = createGate(castellan);
const app = new Koa();
const router = new Router();

test('a handler keeps its context behind a guard', () => {
  router.get('/orders/:id', guard({ scope: 'orders:read' }), async (ctx) => {
    expectTypeOf(ctx.params['id']).toExtend<string | undefined>();
    expectTypeOf(ctx.request.method).toEqualTypeOf<string>();
    ctx.body = {};
  });
  app.use<{ user: string }>(guard({ public: true })).use((ctx) => {
    expectTypeOf(ctx.state.user).toEqualTypeOf<string>();
  });
});

test('everything goes where Koa takes it', () => {
  app.use(problems).use(authRoutes('/auth')).use(healthRoutes('/health')).use(router.routes());
});

test('a policy that makes no sense does not compile', () => {
  // @ts-expect-error a public route asks for no scope
  guard({ public: true, scope: 'x' });
  // @ts-expect-error there is no such tier
  guard({ tier: 'gold' });
  // @ts-expect-error there is no such member
  guard({ scopes: ['x'] });
  // @ts-expect-error a parser is a middleware
  createGate(castellan, { parse: {} });
  // @ts-expect-error durations are written with a unit
  createGate(castellan, { abandonAfter: 30 });
});
