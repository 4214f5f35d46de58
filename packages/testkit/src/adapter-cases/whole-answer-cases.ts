import assert from 'node:assert/strict';
import { type HttpResponse, Problem } from '@castellan/core/http';
import { type ConformanceCase, casesOf } from '../conformance-case.ts';
import type { AdapterHarness, RoutePlan } from './adapter-harness.ts';
import type { KitPolicy } from './kit-entry.ts';
import type { HandlerName } from './route-handlers.ts';
import { essence, jsonIn, problemIn } from './rules.ts';
import { withApp } from './scene.ts';
import { createStage } from './stage.ts';
import { type Watching, type WatchingOptions, watching } from './watching.ts';

const { text, largeText } = createStage();

/** Whole answers: by what, with which status, with which body. */
const answers: readonly (readonly [HandlerName, number, string])[] = [
  ['json', 201, '{"a":1}'],
  ['json-async', 201, '{"a":1}'],
  ['json-callback', 201, '{"a":1}'],
  ['json-unreturned', 201, '{"a":1}'],
  ['json-sent', 201, '{"a":1}'],
  ['text', 200, text],
  ['bytes', 200, 'abc'],
  ['empty', 204, ''],
  ['empty-text', 200, ''],
  ['missing', 404, '{"own":true}'],
  ['cookies', 200, '{}'],
  ['headers', 200, '{}'],
  ['large', 200, largeText],
  ['node-end', 202, 'abc'],
  ['twice', 201, '{"a":1}'],
];

const both: readonly WatchingOptions[] = [{ late: false }, { late: true }];

/** `/seen/…` is watched, `/plain/…` is not. */
function routesOf(names: readonly HandlerName[], { guard }: Watching): readonly RoutePlan<KitPolicy>[] {
  return names.flatMap((handler) => [
    { method: 'GET', path: `/seen/${handler}`, handler, policy: { head: [guard] } },
    { method: 'GET', path: `/plain/${handler}`, handler, policy: {} },
  ]);
}

/** An answer that is put in the place of the handler's. */
const other = (status: number, headers: HttpResponse['headers'], body: HttpResponse['body']) => (): HttpResponse => ({
  status,
  headers,
  body,
});

/** Answers that are whole when they are given. */
export const wholeAnswerCases: readonly ConformanceCase<AdapterHarness>[] = casesOf('whole answer', {
  'it leaves as the handler made it, whether anybody watches or not, and is seen once': async (harness) => {
    for (const options of both) {
      const watch = watching(options);
      await withApp(
        harness,
        {
          routes: routesOf(
            answers.map(([name]) => name),
            watch,
          ),
        },
        async ({ call }) => {
          for (const [name, status, body] of answers) {
            const [seen, plain] = [await call(`/seen/${name}`), await call(`/plain/${name}`)];
            assert.deepEqual([seen.status, seen.body.toString(), seen.cut], [status, body, false], name);
            assert.deepEqual(essence(seen), essence(plain), name);
          }
        },
      );
      assert.deepEqual(
        watch.seen.map(({ status }) => status),
        answers.map(([, status]) => status),
      );
      assert.ok(watch.seen.every(({ error }) => error === undefined));
    }
  },

  'an empty answer has no body and no length that says otherwise': (harness) =>
    withApp(harness, { routes: routesOf(['empty', 'empty-text'], watching()) }, async ({ line }) => {
      const one = await line();
      for (const path of ['/seen/empty', '/plain/empty'])
        assert.equal((await one.call({ target: path })).headers['content-length'], undefined, path);
      for (const path of ['/seen/empty-text', '/plain/empty-text'])
        assert.deepEqual((await one.call({ target: path })).headers['content-length'], ['0'], path);
    }),

  'a redirect keeps its status and its target': (harness) =>
    withApp(harness, { routes: routesOf(['redirect'], watching({ late: true })) }, async ({ call }) => {
      for (const path of ['/seen/redirect', '/plain/redirect']) {
        const { status, headers } = await call(path);
        assert.deepEqual([status, headers['location']], [303, ['/elsewhere']]);
      }
    }),

  'HEAD is answered as GET, without a body': async (harness) => {
    for (const options of both) {
      const watch = watching(options);
      const names = ['json', 'text', 'large', 'missing'] as const;
      await withApp(harness, { routes: routesOf(names, watch) }, async ({ line }) => {
        const one = await line();
        for (const target of names.flatMap((name) => [`/seen/${name}`, `/plain/${name}`])) {
          const [get, head] = [await one.call({ target }), await one.call({ method: 'HEAD', target })];
          assert.equal(head.status, get.status, target);
          assert.deepEqual(head.headers['content-length'], get.headers['content-length'], target);
          assert.equal(one.pending.length, 0, `a body came after HEAD ${target}`);
        }
      });
      assert.equal(watch.seen.length, names.length * 2);
    }
  },

  'several Set-Cookie headers survive, one for each': async (harness) => {
    for (const options of both) {
      const watch = watching(options);
      await withApp(harness, { routes: routesOf(['cookies'], watch) }, async ({ call }) => {
        assert.deepEqual((await call('/seen/cookies')).headers['set-cookie'], ['a=1; Path=/', 'b=2; Path=/']);
      });
      assert.deepEqual(watch.seen[0]?.headers['set-cookie'], ['a=1; Path=/', 'b=2; Path=/']);
    }
  },

  'an after may put another answer in its place': async (harness) => {
    for (const options of both) {
      const change = other(409, { 'content-type': 'text/plain', 'x-mine': ['1', '2'] }, 'no');
      const watch = watching({ ...options, change });
      const names = ['json', 'headers', 'node-end', 'stream', 'stream-length', 'large'] as const;
      await withApp(harness, { routes: routesOf(names, watch) }, async ({ line }) => {
        const one = await line();
        for (const name of names) {
          const { status, reason, headers, body, cut } = await one.call({ target: `/seen/${name}` });
          assert.deepEqual([status, reason, body.toString(), cut], [409, 'Conflict', 'no', false], name);
          assert.deepEqual([headers['x-mine'], headers['content-length']], [['1', '2'], ['2']], name);
          assert.equal(headers['x-own'], undefined, `${name}: what the handler said stays`);
        }
      });
      assert.equal(watch.seen.length, names.length);
    }
  },

  'a 204 or 304 in its place has neither body nor length nor type': async (harness) => {
    for (const options of both)
      for (const status of [204, 304]) {
        const watch = watching({ ...options, change: other(status, { etag: '"7"' }, null) });
        await withApp(harness, { routes: routesOf(['json'], watch) }, async ({ line }) => {
          const one = await line();
          const { headers, ...answer } = await one.call({ target: '/seen/json' });
          assert.deepEqual([answer.status, headers['etag']], [status, ['"7"']]);
          assert.deepEqual([headers['content-length'], headers['content-type']], [undefined, undefined]);
          assert.equal(
            (await one.call({ target: '/plain/json' })).status,
            201,
            'bytes came after an answer without a body',
          );
        });
      }
  },

  'an after that fails makes it a problem': async (harness) => {
    for (const options of both) {
      const change = (): never => {
        throw new Problem('store_unavailable');
      };
      await withApp(harness, { routes: routesOf(['json'], watching({ ...options, change })) }, async ({ call }) => {
        assert.equal(problemIn(await call('/seen/json')).code, 'store_unavailable');
      });
    }
  },

  'what comes after it is dropped': async (harness) => {
    for (const options of both) {
      const watch = watching(options);
      const names = ['twice', 'throw-answered'] as const;
      await withApp(harness, { routes: routesOf(names, watch) }, async ({ line }) => {
        const one = await line();
        for (const target of names.flatMap((name) => [`/seen/${name}`, `/plain/${name}`]))
          assert.deepEqual(jsonIn(await one.call({ target })), { a: 1 }, target);
      });
      assert.deepEqual(
        watch.seen.map(({ status, error }) => [status, error]),
        [
          [201, undefined],
          [201, undefined],
        ],
      );
    }
  },
});
