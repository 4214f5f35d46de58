import assert from 'node:assert/strict';
import type { Guard, HttpRequest } from '@castellan/core/http';
import { type ConformanceCase, casesOf } from '../conformance-case.ts';
import type { AdapterHarness, RoutePlan } from './adapter-harness.ts';
import type { KitPolicy } from './kit-entry.ts';
import { withApp } from './scene.ts';

type Seen = Pick<HttpRequest, 'method' | 'target' | 'route' | 'ip'> & {
  readonly own: unknown;
  readonly gone: boolean;
  readonly past: boolean;
};

/** Writes down what guards see. */
function looking(): { readonly guard: Guard; readonly seen: readonly Seen[] } {
  const seen: Seen[] = [];
  return {
    seen,
    guard({ request: { method, target, route, ip, headers, gone, arrivedAt } }) {
      seen.push({ method, target, route, ip, own: headers['x-own'], gone, past: arrivedAt <= performance.now() });
    },
  };
}

/** How guards see a request. */
export const viewCases: readonly ConformanceCase<AdapterHarness>[] = casesOf('view', {
  'guards see method, target, route, headers, address and time': async (harness) => {
    const { guard, seen } = looking();
    const routes: readonly RoutePlan<KitPolicy>[] = [
      { method: 'GET', path: '/v1/orders/:id', handler: 'json', policy: { head: [guard] } },
      { method: 'POST', path: '/named', handler: 'json', policy: { head: [guard], route: '/v1/:named' } },
    ];
    await withApp(harness, { routes }, async ({ call }) => {
      await call({ target: '/v1/orders/7?a=%41', headers: { 'X-Own': 'own' } });
      await call({ method: 'POST', target: '/named', headers: { 'X-Own': ['1', '2'] } });
    });
    const always = { ip: '127.0.0.1', gone: false, past: true };
    assert.deepEqual(seen, [
      { ...always, method: 'GET', target: '/v1/orders/7?a=%41', route: '/v1/orders/:id', own: 'own' },
      { ...always, method: 'POST', target: '/named', route: '/v1/:named', own: '1, 2' },
    ]);
  },

  'an absolute target is seen as it was sent, and finds its route': async (harness) => {
    const { guard, seen } = looking();
    const routes: readonly RoutePlan<KitPolicy>[] = [
      { method: 'GET', path: '/a', handler: 'json', policy: { head: [guard] } },
    ];
    await withApp(harness, { routes }, async ({ call }) => {
      assert.equal((await call('http://app.example/a?b=1')).status, 201);
    });
    assert.deepEqual([seen[0]?.target, seen[0]?.route], ['http://app.example/a?b=1', '/a']);
  },

  'X-Forwarded-For is believed as far as the framework was told to': async (harness) => {
    const forged = { 'X-Forwarded-For': '203.0.113.9, 198.51.100.7' };
    for (const [trustProxy, ip] of [
      [false, '127.0.0.1'],
      [true, '198.51.100.7'],
    ] as const) {
      const { guard, seen } = looking();
      const routes: readonly RoutePlan<KitPolicy>[] = [
        { method: 'GET', path: '/', handler: 'json', policy: { head: [guard] } },
      ];
      await withApp(harness, { routes, trustProxy }, async ({ call }) => void (await call({ headers: forged })));
      assert.equal(seen[0]?.ip, ip, `trustProxy: ${trustProxy}`);
    }
  },
});
