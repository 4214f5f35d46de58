import assert from 'node:assert/strict';
import { type BodyGuard, type Guard, Problem } from '@castellan/core/http';
import { type ConformanceCase, casesOf } from '../conformance-case.ts';
import type { AdapterHarness, RoutePlan } from './adapter-harness.ts';
import { authenticate, GOOD, type KitPolicy } from './kit-entry.ts';
import { jsonIn, problemIn } from './rules.ts';
import { withApp } from './scene.ts';
import { watching } from './watching.ts';

const TYPE = { 'content-type': 'application/json' };

/** Lets only `{ total: 1 }` pass. */
const total: BodyGuard = ({ body }) => {
  if ((body.value as { readonly total?: unknown } | undefined)?.total !== 1)
    throw new Problem('validation_failed', {
      fields: [{ pointer: '/total', code: 'not_allowed', detail: 'must be 1' }],
    });
};
const echo = (policy: KitPolicy): readonly RoutePlan<KitPolicy>[] => [
  { method: 'POST', path: '/', handler: 'echo', policy },
];

/** Policies that look at the body. */
export const bodyCases: readonly ConformanceCase<AdapterHarness>[] = casesOf('body', {
  'it is read between the guards of the head and those of the body, and the handler gets it': async (harness) => {
    const order: string[] = [];
    const seen: unknown[] = [];
    const head: Guard = () => void order.push('head');
    const body: BodyGuard = (exchange) => {
      order.push('body');
      seen.push(exchange.body.value, exchange.body.raw && Buffer.from(exchange.body.raw).toString());
    };
    await withApp(harness, { routes: echo({ head: [head], body: [body] }) }, async ({ call }) => {
      const answer = await call({ method: 'POST', body: '{"total": 1}', headers: TYPE });
      assert.deepEqual(jsonIn(answer), { body: { total: 1 } });
    });
    assert.deepEqual(order, ['head', 'body']);
    assert.deepEqual(seen, [{ total: 1 }, '{"total": 1}']);
  },

  'it may come in chunks, or not at all': async (harness) => {
    const seen: unknown[] = [];
    await withApp(harness, { routes: echo({ body: [({ body }) => void seen.push(body.value)] }) }, async ({ call }) => {
      await call({ method: 'POST', body: '{"a":[1]}', chunked: true, headers: TYPE });
      await call({ method: 'POST' });
    });
    assert.deepEqual(seen, [{ a: [1] }, undefined]);
  },

  'that of a refused caller is never read': (harness) =>
    withApp(harness, { routes: echo({ head: [authenticate], body: [total] }) }, async ({ line }) => {
      const one = await line();
      one.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n');
      assert.equal((await one.answer()).status, 401);
    }),

  'what its guards refuse is a problem, and the next request on the line is served': (harness) =>
    withApp(harness, { routes: echo({ head: [authenticate], body: [total] }) }, async ({ line, stage }) => {
      const one = await line();
      const request = { method: 'POST', headers: { ...TYPE, ...GOOD } };
      const refused = problemIn(await one.call({ ...request, body: '{"total":2}' }));
      assert.deepEqual([refused.code, refused.fields?.[0]?.pointer], ['validation_failed', '/total']);
      assert.deepEqual(stage.ran, []);
      assert.equal((await one.call({ ...request, body: '{"total":1}' })).status, 200);
    }),

  'what cannot be read is a problem that the guards of the head see': async (harness) => {
    const bad: readonly (readonly [string | Uint8Array, string, string])[] = [
      ['{"total":', 'application/json', 'malformed_body'],
      ['{"total":1,"total":1}', 'application/json', 'malformed_body'],
      [new Uint8Array([0x22, 0xff, 0x22]), 'application/json', 'malformed_body'],
      ['{"total":1}', 'text/plain', 'unsupported_media_type'],
      ['{"total":1}', 'application/json; charset=latin1', 'unsupported_media_type'],
      [`{"total":"${'x'.repeat(2_000)}"}`, 'application/json', 'body_too_large'],
    ];
    const watch = watching();
    await withApp(
      harness,
      { routes: echo({ head: [watch.guard], body: [total] }), bodyLimit: 1_000 },
      async ({ call }) => {
        for (const [body, type, code] of bad)
          assert.equal(problemIn(await call({ method: 'POST', body, headers: { 'content-type': type } })).code, code);
      },
    );
    assert.deepEqual(
      watch.seen.map(({ status }) => status),
      [400, 400, 400, 415, 415, 413],
    );
  },

  'a caller that goes away while it is read leaves nothing behind': async (harness) => {
    const watch = watching();
    await withApp(
      harness,
      { routes: echo({ head: [watch.guard], body: [total] }) },
      async ({ line, castellan, met, ended }) => {
        const one = await line();
        one.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"tot');
        await met(1);
        one.drop();
        await ended(1);
        await watch.until(1);
        assert.deepEqual(castellan.reported, []);
      },
    );
    assert.equal(watch.seen.length, 1);
  },

  'one that a parser of the app has read before is taken as it is': (harness) =>
    withApp(harness, { routes: echo({ body: [total] }), parsed: true }, async ({ call }) => {
      const request = { method: 'POST', headers: TYPE };
      assert.deepEqual(jsonIn(await call({ ...request, body: '{"total":1}' })), { body: { total: 1 } });
      assert.equal(problemIn(await call({ ...request, body: '{"total":2}' })).code, 'validation_failed');
    }),

  'a caller that waits for 100 Continue gets it, and its answer': (harness) =>
    withApp(harness, { routes: echo({ body: [total] }) }, async ({ line }) => {
      const one = await line();
      one.write(
        'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n',
      );
      await one.until('100 Continue');
      one.write('{"total":1}');
      const { status, interim } = await one.answer('POST');
      assert.deepEqual([interim, status], [[100], 200]);
    }),
});
