import assert from 'node:assert/strict';
import { type HttpResponse, Problem } from '@castellan/core/http';
import { type ConformanceCase, casesOf } from '../conformance-case.ts';
import type { AdapterHarness, RoutePlan } from './adapter-harness.ts';
import type { KitOptions, KitPolicy } from './kit-entry.ts';
import { problemIn } from './rules.ts';
import { withApp } from './scene.ts';

const routes: readonly RoutePlan<KitPolicy>[] = [
  { method: 'GET', path: '/open', handler: 'json', policy: {} },
  { method: 'GET', path: '/closed', handler: 'json' },
  { method: 'GET', path: '/bare', handler: 'json', unguarded: true },
  { method: 'GET', path: '/throws', handler: 'throw-error', policy: {} },
];
const everywhere = ['/open', '/closed', '/bare', '/throws', '/auth/none', '/nothing', '/%zz'];

/** Answers preflights, and says something on every exit, as CORS and security headers do. */
const front: NonNullable<KitOptions['front']> = ({ request, headers }): HttpResponse | undefined => {
  headers['x-front'] = 'seen';
  return request.method === 'OPTIONS' ? { status: 204, headers: { 'x-preflight': '1' }, body: null } : undefined;
};

/** What every request meets first, and who is told of its end. */
export const frontCases: readonly ConformanceCase<AdapterHarness>[] = casesOf('front', {
  'it answers before anything else, whatever the path': (harness) =>
    withApp(harness, { routes, front }, async ({ line, stage }) => {
      const one = await line();
      for (const target of everywhere) {
        const { status, headers } = await one.call({ method: 'OPTIONS', target });
        assert.deepEqual([status, headers['x-preflight'], headers['x-front']], [204, ['1'], ['seen']], target);
        assert.equal(headers['content-length'], undefined, target);
      }
      assert.deepEqual(stage.ran, []);
    }),

  'its headers leave on every exit': (harness) =>
    withApp(harness, { routes, front }, async ({ call }) => {
      for (const target of everywhere) assert.deepEqual((await call(target)).headers['x-front'], ['seen'], target);
    }),

  'each request is told once when it has ended, with its status and its route': (harness) =>
    withApp(harness, { routes, front }, async ({ line, castellan, ended }) => {
      const one = await line();
      for (const target of everywhere) await one.call({ target });
      await ended(everywhere.length);
      assert.deepEqual(
        castellan.finished.map(({ status, route, aborted }) => [status, route, aborted]),
        [
          [201, '/open', false],
          [401, '/closed', false],
          [201, '/bare', false],
          [500, '/throws', false],
          [404, undefined, false],
          [404, undefined, false],
          [404, undefined, false],
        ],
      );
      assert.equal(new Set(castellan.finished.map(({ requestId }) => requestId)).size, everywhere.length);
    }),

  'a request whose exchange cannot begin is answered as a problem': (harness) => {
    const tenantOf = (): never => {
      throw new Problem('not_found');
    };
    return withApp(harness, { routes, tenantOf }, async ({ call }) => {
      for (const target of ['/open', '/nothing', '/auth/none']) {
        const answer = await call({ target, headers: { 'x-request-id': 'trace-0001' } });
        assert.deepEqual(
          [problemIn(answer).code, answer.headers['x-request-id']],
          ['not_found', ['trace-0001']],
          target,
        );
      }
    });
  },
});
