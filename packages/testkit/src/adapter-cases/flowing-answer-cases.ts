import assert from 'node:assert/strict';
import { isFlowing } from '@castellan/core/http';
import { type ConformanceCase, casesOf } from '../conformance-case.ts';
import type { AdapterHarness, RoutePlan } from './adapter-harness.ts';
import type { KitPolicy } from './kit-entry.ts';
import type { HandlerName } from './route-handlers.ts';
import { withApp } from './scene.ts';
import { createStage, SECRET } from './stage.ts';
import { type Watching, type WatchingOptions, watching } from './watching.ts';

const streams: readonly HandlerName[] = ['stream', 'stream-length', 'stream-web', 'node-write'];
const both: readonly WatchingOptions[] = [{ late: false }, { late: true }];

function routesOf(names: readonly HandlerName[], { guard }: Watching): readonly RoutePlan<KitPolicy>[] {
  return names.map((handler) => ({ method: 'GET', path: `/${handler}`, handler, policy: { head: [guard] } }));
}

/** Answers whose body is still coming when their head leaves. */
export const flowingAnswerCases: readonly ConformanceCase<AdapterHarness>[] = casesOf('flowing answer', {
  'it passes untouched, is seen once, and its bytes are told at its end': async (harness) => {
    for (const options of both)
      for (const limit of [undefined, 0, 9, 100]) {
        const watch = watching({ ...options, ...(limit !== undefined && { limit }) });
        await withApp(harness, { routes: routesOf(streams, watch) }, async ({ line }) => {
          const one = await line();
          for (const name of streams) {
            const { status, body, cut, headers } = await one.call({ target: `/${name}` });
            assert.deepEqual([status, body.toString(), cut], [200, 'abcdefghi', false], name);
            assert.match(headers['content-type']?.join() ?? '', /^text\/plain/);
          }
        });
        const end = { text: limit !== undefined && limit >= 9 ? 'abcdefghi' : undefined, aborted: false };
        for (const sight of await watch.until(streams.length)) {
          assert.ok(isFlowing(sight.body));
          assert.deepEqual(sight.end, limit === undefined ? undefined : end);
        }
        assert.equal(watch.seen.length, streams.length);
      }
  },

  'more than 1 MB of it comes whole': async (harness) => {
    for (const options of both)
      await withApp(
        harness,
        { routes: routesOf(['stream-large'], watching({ ...options, limit: 10 })) },
        async ({ call }) => {
          assert.equal((await call('/stream-large')).body.toString(), createStage().largeText);
        },
      );
  },

  'its head leaves at once, its end when what waits for it is done': async (harness) => {
    for (const options of both)
      for (const name of ['stream', 'stream-length'] as const) {
        let settle: () => void = () => {};
        const settled = new Promise<void>((resolve) => {
          settle = resolve;
        });
        const watch = watching({ ...options, limit: 100, atEnd: () => settled });
        await withApp(harness, { routes: routesOf([name], watch) }, async ({ line }) => {
          const one = await line();
          one.write({ target: `/${name}` });
          await one.until(name === 'stream' ? 'ghi' : 'def'); // with a length the last bytes are the end
          await watch.until(1);
          assert.equal(
            one.pending.includes(name === 'stream' ? '\r\n0\r\n' : 'ghi'),
            false,
            'the end came before its time',
          );
          settle();
          assert.equal((await one.answer()).body.toString(), 'abcdefghi');
        });
      }
  },

  'an end that can’t be settled cuts the line': async (harness) => {
    for (const options of both)
      for (const name of ['stream', 'stream-length'] as const) {
        const failure = new Error('the store is away');
        const watch = watching({ ...options, limit: 100, atEnd: () => Promise.reject(failure) });
        await withApp(harness, { routes: routesOf([name], watch) }, async ({ call, castellan }) => {
          assert.equal((await call(`/${name}`)).cut, true, name);
          assert.deepEqual(castellan.reported, [failure]);
        });
      }
  },

  'a source that fails half way cuts the line, and the end is told that it was aborted': async (harness) => {
    for (const options of both)
      for (const name of ['stream-half', 'stream-half-length'] as const) {
        const watch = watching({ ...options, limit: 100 });
        await withApp(harness, { routes: routesOf([name], watch) }, async ({ line, stage }) => {
          const one = await line();
          one.write({ target: `/${name}` });
          await one.until('\r\n\r\n');
          stage.release();
          const answer = await one.answer();
          assert.deepEqual([answer.status, answer.cut], [200, true], name);
          assert.equal(answer.raw.includes(SECRET), false);
          const [sight] = await watch.until(1);
          assert.deepEqual(sight?.end, { text: undefined, aborted: true }, name);
        });
        assert.equal(watch.seen.length, 1);
      }
  },

  'HEAD of it has its head only': async (harness) => {
    for (const options of both) {
      const watch = watching({ ...options, limit: 100 });
      await withApp(harness, { routes: routesOf(['stream', 'stream-length'], watch) }, async ({ line }) => {
        const one = await line();
        const [chunked, exact] = [
          await one.call({ method: 'HEAD', target: '/stream' }),
          await one.call({ method: 'HEAD', target: '/stream-length' }),
        ];
        assert.deepEqual([chunked.status, exact.status, exact.headers['content-length']], [200, 200, ['9']]);
        assert.equal(one.pending.length, 0);
      });
      assert.equal(watch.seen.length, 2);
    }
  },

  'a head that is flushed leaves before its body': async (harness) => {
    for (const options of both)
      await withApp(
        harness,
        { routes: routesOf(['flushed'], watching({ ...options, limit: 100 })) },
        async ({ line, stage }) => {
          const one = await line();
          one.write({ target: '/flushed' });
          await one.until('\r\n\r\n');
          stage.release();
          assert.equal((await one.answer()).body.toString(), 'abc');
        },
      );
  },
});
