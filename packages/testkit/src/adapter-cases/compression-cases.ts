import assert from 'node:assert/strict';
import zlib from 'node:zlib';
import { type ConformanceCase, casesOf } from '../conformance-case.ts';
import type { AdapterHarness, RoutePlan } from './adapter-harness.ts';
import type { KitPolicy } from './kit-entry.ts';
import type { HandlerName } from './route-handlers.ts';
import { withApp } from './scene.ts';
import { createStage } from './stage.ts';
import { watching } from './watching.ts';
import type { Answer } from './wire/answer.ts';

const { text, largeText } = createStage();
const bodies: readonly (readonly [HandlerName, string])[] = [
  ['json', '{"a":1}'],
  ['text', text],
  ['large', largeText],
  ['stream', 'abcdefghi'],
  ['stream-length', 'abcdefghi'],
  ['stream-large', largeText],
];
const gzip = { 'accept-encoding': 'gzip' };

function plainText({ headers, body }: Answer): string {
  return (headers['content-encoding']?.[0] === 'gzip' ? zlib.gunzipSync(body) : body).toString();
}

/** Compressions of the framework's own world. */
export const compressionCases: readonly ConformanceCase<AdapterHarness>[] = casesOf('compression', {
  'one before our doors, or behind them, gets every byte through, and the answer is seen once': async (harness) => {
    for (const compression of ['outside', 'inside'] as const)
      for (const late of [false, true]) {
        const watch = watching({ late, limit: 10 });
        const routes = bodies.map(
          ([handler]): RoutePlan<KitPolicy> => ({
            method: 'GET',
            path: `/${handler}`,
            handler,
            policy: { head: [watch.guard] },
          }),
        );
        await withApp(harness, { routes, compression }, async ({ line }) => {
          const one = await line();
          for (const [name, expected] of bodies) {
            const answer = await one.call({ target: `/${name}`, headers: gzip });
            assert.deepEqual(answer.headers['content-encoding'], ['gzip'], `${name}, ${compression}: not compressed`);
            assert.ok(plainText(answer) === expected && !answer.cut, `${name}, ${compression}, late: ${late}`);
          }
        });
        assert.equal((await watch.until(bodies.length)).length, bodies.length);
      }
  },

  'a problem passes one whole': async (harness) => {
    for (const compression of ['outside', 'inside'] as const)
      for (const late of [false, true]) {
        const { guard } = watching({ late });
        const routes = (['throw-problem', 'throw-error', 'reject-error'] as const).map(
          (handler): RoutePlan<KitPolicy> => ({
            method: 'GET',
            path: `/${handler}`,
            handler,
            policy: { head: [guard] },
          }),
        );
        await withApp(harness, { routes, compression }, async ({ line }) => {
          const one = await line();
          for (const { path } of routes) {
            const answer = await one.call({ target: path, headers: gzip });
            assert.equal((JSON.parse(plainText(answer)) as { status: number }).status, answer.status, path);
          }
        });
      }
  },
});
