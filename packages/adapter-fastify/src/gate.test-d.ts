import fastify from 'fastify';
import { expectTypeOf, test } from 'vitest';
import { createGate, type GateOwner } from './gate.ts';

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

declare const castellan: GateOwner<Private | Public>;
const { plugin, guard, authRoutes, frameworkErrors } = createGate(castellan);
const app = fastify({ frameworkErrors });

test('a route keeps its types beside a policy', () => {
  app.get<{ Params: { id: string }; Querystring: { at?: string } }>('/:id', { config: guard() }, async (request) => {
    expectTypeOf(request.params).toEqualTypeOf<{ id: string }>();
    expectTypeOf(request.query).toEqualTypeOf<{ at?: string }>();
  });
  app.route({ method: 'POST', url: '/', config: { ...guard({ scope: 'a' }), other: 1 }, handler: async () => ({}) });
});

test('everything goes where Fastify takes it', () => {
  app.register(plugin);
  app.register(authRoutes, { prefix: '/auth' });
});

test('a policy that makes no sense does not compile', () => {
  // @ts-expect-error a public route asks for no scope
  guard({ public: true, scope: 'x' });
  // @ts-expect-error there is no such tier
  guard({ tier: 'gold' });
  // @ts-expect-error there is no such member
  guard({ scopes: ['x'] });
  // @ts-expect-error durations are written with a unit
  createGate(castellan, { abandonAfter: 30 });
  // @ts-expect-error Fastify's own parsers read bodies
  createGate(castellan, { parse: () => {} });
});
