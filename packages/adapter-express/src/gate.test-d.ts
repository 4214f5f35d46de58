import type { Entry } from '@castellan/core/http';
import express from 'express';
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
const { guard, authRoutes, problems } = createGate(castellan, { parse: express.json() });
const app = express();

test('req.params and req.body stay typed behind a guard', () => {
  app.get('/orders/:id', guard(), (req) => {
    expectTypeOf(req.params).toEqualTypeOf<{ id: string }>();
  });
  app.post('/orders/:id', guard({ scope: 'orders:write' }), async (req) => {
    expectTypeOf(req.params).toEqualTypeOf<{ id: string }>();
    expectTypeOf(req.body).toBeAny();
  });
  app.get('/', guard({ public: true }), (req) => {
    expectTypeOf<keyof typeof req.params>().toEqualTypeOf<never>();
  });
  app.post<{ id: string }, { ok: true }, { total: number }>('/typed/:id', guard(), (req, res) => {
    expectTypeOf(req.body).toEqualTypeOf<{ total: number }>();
    res.json({ ok: true });
  });
});

test('everything goes where Express takes it', () => {
  app.use(guard());
  app.use('/auth', authRoutes);
  app.use(problems);
  express.Router().use(guard(), authRoutes, problems);
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
