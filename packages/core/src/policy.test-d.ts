import { test } from 'vitest';
import * as z from 'zod';
import type { Guard } from './http/index.ts';
import type { Policy } from './policy.ts';

interface Mine {
  readonly tier: 'free' | 'pro';
  readonly action: 'order.create';
  readonly tx: never;
}
declare function guard(policy?: Policy<Mine>): void;
declare const ownGuard: Guard;
const Body = z.strictObject({ total: z.int() });

test('a policy that makes no sense does not compile', () => {
  guard();
  guard({ scope: 'orders:write', tier: 'pro', audit: 'order.create', revocation: 'strict' });
  guard({ public: true, audit: 'order.create' });
  guard({ public: true, body: Body, guards: [ownGuard, () => undefined] });
  guard({ scope: 'orders:write', body: Body });
  guard({ limit: '10/1m' });
  guard({ public: true, limit: ['10/1m', { rate: '10/1s', burst: 20, by: 'ip' }, { quota: '1000/1d', cost: 5 }] });
  guard({ limit: { window: '3/1h', by: ({ request }) => String(request.headers['x-api-key']), name: 'api key' } });
  guard({ public: true, limit: false });
  // @ts-expect-error no such unit
  guard({ limit: '60/1x' });
  // @ts-expect-error a limit has a time
  guard({ limit: 60 });
  // @ts-expect-error one way of spending
  guard({ limit: { window: '1/1s', quota: '1/1s' } });
  // @ts-expect-error a window has no burst
  guard({ limit: { window: '1/1s', burst: 3 } });
  // @ts-expect-error nobody is counted by that
  guard({ limit: { window: '1/1s', by: 'phone' } });
  // @ts-expect-error limits are on unless they are switched off
  guard({ limit: true });
  // @ts-expect-error a public route has no principal
  guard({ public: true, scope: 'orders:write' });
  // @ts-expect-error a public route has no principal
  guard({ public: true, tier: 'pro' });
  // @ts-expect-error no such tier
  guard({ tier: 'gold' });
  // @ts-expect-error no such action
  guard({ audit: 'order.burn' });
  // @ts-expect-error no such member
  guard({ scopes: ['a'] });
  // @ts-expect-error a public route has no principal whose revocation could be asked for
  guard({ public: true, revocation: 'strict' });
  // @ts-expect-error revocation has no other setting
  guard({ revocation: 'lax' });
  // @ts-expect-error protected is what a route is anyway
  guard({ public: false });
  // @ts-expect-error the shape is a schema, not an example
  guard({ body: { total: 1 } });
  // @ts-expect-error the shape is a schema, not a function that checks
  guard({ body: (value: unknown) => value === 1 });
  // @ts-expect-error guards are a list, whose order counts
  guard({ guards: ownGuard });
  // @ts-expect-error a guard decides by an answer or a Problem, never by true and false
  guard({ guards: [() => false] });
});
