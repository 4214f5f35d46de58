import assert from 'node:assert/strict';
import { Problem } from '@castellan/core/http';
import { type ConformanceCase, casesOf } from '../conformance-case.ts';
import type { AdapterHarness, RoutePlan } from './adapter-harness.ts';
import type { KitPolicy } from './kit-entry.ts';
import type { HandlerName } from './route-handlers.ts';
import { problemIn, unless } from './rules.ts';
import { withApp } from './scene.ts';
import { SECRET } from './stage.ts';
import { type Watching, type WatchingOptions, watching } from './watching.ts';

/** What handlers fail with: the code that leaves, and its status. */
const failures: readonly (readonly [HandlerName, string, number])[] = [
  ['throw-problem', 'conflict', 409],
  ['reject-problem', 'conflict', 409],
  ['throw-error', 'internal', 500],
  ['reject-error', 'internal', 500],
  ['pass-error', 'internal', 500],
  ['throw-status', 'conflict', 409],
  ['throw-text', 'internal', 500],
  ['throw-dressed', 'conflict', 409],
  ['stream-failed', 'internal', 500],
];
const both: readonly WatchingOptions[] = [{ late: false }, { late: true }];

function routesOf(names: readonly HandlerName[], { guard }: Watching): readonly RoutePlan<KitPolicy>[] {
  return names.flatMap((handler) => [
    { method: 'GET', path: `/seen/${handler}`, handler, policy: { head: [guard] } },
    { method: 'GET', path: `/plain/${handler}`, handler, policy: {} },
  ]);
}
const unguarded = (handler: HandlerName): RoutePlan<KitPolicy> => ({
  method: 'GET',
  path: `/${handler}`,
  handler,
  unguarded: true,
});

/** What is thrown, and what nobody answers. */
export const failureCases: readonly ConformanceCase<AdapterHarness>[] = casesOf('failure', {
  'what a handler throws leaves as a problem, and only a Problem shows its words': async (harness) => {
    for (const options of both) {
      const watch = watching(options);
      await withApp(
        harness,
        {
          routes: routesOf(
            failures.map(([name]) => name),
            watch,
          ),
        },
        async ({ call }) => {
          for (const [name, code, status] of failures)
            for (const path of [`/seen/${name}`, `/plain/${name}`]) {
              const answer = await call(path);
              assert.deepEqual([problemIn(answer).code, answer.status], [code, status], path);
              assert.equal(answer.raw.includes(SECRET), false, `${path} tells what is inside`);
            }
        },
      );
    }
  },

  'it is seen once, with the error itself': async (harness) => {
    for (const options of both) {
      const watch = watching(options);
      await withApp(
        harness,
        {
          routes: routesOf(
            failures.map(([name]) => name),
            watch,
          ),
        },
        async ({ call, castellan }) => {
          for (const [name] of failures) await call(`/seen/${name}`);
          assert.equal(castellan.reported.length, failures.filter(([, code]) => code === 'internal').length);
        },
      );
      assert.deepEqual(
        watch.seen.map(({ status }) => status),
        failures.map(([, , status]) => status),
      );
      assert.ok(watch.seen.every(({ error }) => error !== undefined));
      assert.ok(watch.seen[0]?.error instanceof Problem);
    }
  },

  'it takes away what the handler said of its own body, and nothing else': async (harness) => {
    for (const options of both)
      await withApp(harness, { routes: routesOf(['throw-dressed'], watching(options)) }, async ({ call }) => {
        for (const path of ['/seen/throw-dressed', '/plain/throw-dressed']) {
          const { headers, reason } = await call(path);
          assert.deepEqual(
            [headers['set-cookie'], headers['x-own'], reason],
            [['a=1; Path=/'], ['1'], 'Conflict'],
            path,
          );
          for (const name of ['etag', 'content-encoding']) assert.equal(headers[name], undefined, `${path}: ${name}`);
          assert.deepEqual(headers['cache-control'], ['no-store'], path);
        }
      });
  },

  'HEAD of it has the head of GET': (harness) =>
    withApp(
      harness,
      { routes: routesOf(['throw-problem', 'throw-error'], watching({ late: true })) },
      async ({ line }) => {
        const one = await line();
        for (const target of [
          '/seen/throw-problem',
          '/plain/throw-problem',
          '/seen/throw-error',
          '/plain/throw-error',
        ]) {
          const [get, head] = [await one.call({ target }), await one.call({ method: 'HEAD', target })];
          assert.deepEqual([head.status, head.headers['content-length']], [get.status, get.headers['content-length']]);
          assert.equal(one.pending.length, 0);
        }
      },
    ),

  'an async handler needs nobody to pass its rejection on': unless(
    'rejections',
    (harness) =>
      withApp(harness, { routes: routesOf(['reject-alone'], watching()) }, async ({ call }) => {
        for (const path of ['/seen/reject-alone', '/plain/reject-alone'])
          assert.equal(problemIn(await call(path)).code, 'internal');
      }),
    (harness) =>
      withApp(harness, { routes: routesOf(['reject-alone', 'json'], watching()) }, async ({ line, call, stage }) => {
        const one = await line();
        one.write({ target: '/plain/reject-alone' });
        await stage.untilRan(1);
        for (let round = 0; round < 3; round++) await call('/plain/json');
        assert.equal(one.pending.length, 0, 'somebody answers: that is no exception any more');
      }),
  ),

  'an error after the head cuts the line, never a second answer': unless(
    'begun',
    async (harness) => {
      for (const options of both) {
        const watch = watching({ ...options, limit: 100 });
        await withApp(harness, { routes: routesOf(['throw-half'], watch) }, async ({ line, stage, castellan }) => {
          for (const target of ['/seen/throw-half', '/plain/throw-half']) {
            const one = await line();
            one.write({ target });
            await one.until('abc');
            stage.release();
            const answer = await one.answer();
            assert.deepEqual([answer.status, answer.body.toString(), answer.cut], [200, 'abc', true], target);
          }
          assert.equal(castellan.reported.length, 2);
        });
        assert.deepEqual(
          (await watch.until(1)).map(({ end }) => end),
          [{ text: undefined, aborted: true }],
        );
      }
    },
    (harness) =>
      withApp(harness, { routes: routesOf(['throw-half', 'json'], watching()) }, async ({ line, call, stage }) => {
        const one = await line();
        one.write({ target: '/plain/throw-half' });
        await one.until('abc');
        stage.release();
        for (let round = 0; round < 3; round++) await call('/plain/json');
        assert.equal(one.ended, false, 'the line is cut: that is no exception any more');
      }),
  ),

  'on a route without a guard it is a problem too': unless(
    'unguarded',
    (harness) =>
      withApp(harness, { routes: failures.map(([name]) => unguarded(name)) }, async ({ call }) => {
        for (const [name, code] of failures) assert.equal(problemIn(await call(`/${name}`)).code, code, name);
      }),
    (harness) =>
      withApp(harness, { routes: [unguarded('throw-problem')] }, async ({ call }) => {
        assert.notDeepEqual((await call('/throw-problem')).headers['content-type'], ['application/problem+json']);
      }),
  ),

  'what no route answers is 404, whatever its path and method': (harness) =>
    withApp(
      harness,
      { routes: [{ method: 'GET', path: '/orders/:id', handler: 'json', policy: {} }] },
      async ({ call }) => {
        for (const target of [
          '/',
          '/nothing',
          '//orders/7',
          '/%zz',
          '/orders/%zz',
          '/orders/%c0%af',
          '/auth/none',
          '/auth',
          '/healthy',
        ])
          assert.deepEqual(problemIn(await call(target)).code, 'not_found', target);
        for (const method of ['POST', 'DELETE', 'PATCH', 'PROPFIND'])
          assert.deepEqual(problemIn(await call({ method, target: '/orders/7' })).code, 'not_found', method);
        assert.equal((await call({ method: 'HEAD', target: '/nothing' })).status, 404);
      },
    ),
});
