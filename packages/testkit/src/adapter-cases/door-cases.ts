import assert from 'node:assert/strict';
import type { Guard } from '@castellan/core/http';
import { type ConformanceCase, casesOf } from '../conformance-case.ts';
import type { AdapterHarness, RoutePlan } from './adapter-harness.ts';
import { authenticate, GOOD, type KitPolicy } from './kit-entry.ts';
import { jsonIn, problemIn } from './rules.ts';
import { withApp } from './scene.ts';
import { SECRET } from './stage.ts';
import { watching } from './watching.ts';

const closed: readonly RoutePlan<KitPolicy>[] = [
  { method: 'GET', path: '/closed', handler: 'json' },
  { method: 'POST', path: '/closed', handler: 'json' },
  { method: 'GET', path: '/orders/:id', handler: 'who' },
];
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What happens at a door. */
export const doorCases: readonly ConformanceCase<AdapterHarness>[] = casesOf('door', {
  'the caller is let in and seated, and every answer says the request id': (harness) =>
    withApp(harness, { routes: closed }, async ({ call }) => {
      const given = await call({ target: '/orders/7?at=now', headers: { ...GOOD, 'x-request-id': 'trace-0001' } });
      assert.deepEqual(jsonIn(given), { subject: 'alice', id: '7', at: 'now' });
      assert.deepEqual(given.headers['x-request-id'], ['trace-0001']);
      assert.deepEqual((await call({ target: '/closed', headers: GOOD })).headers['x-request-id'], ['request-1']);
    }),

  'a refusal is a problem with its challenge, and the handler does not run': (harness) =>
    withApp(harness, { routes: closed }, async ({ call, stage }) => {
      const answer = await call('/closed');
      assert.deepEqual([answer.status, problemIn(answer).code], [401, 'invalid_token']);
      assert.deepEqual(answer.headers['www-authenticate'], ['Bearer error="invalid_token"']);
      assert.deepEqual(stage.ran, []);
    }),

  'HEAD is refused with the head of GET, and no body': (harness) =>
    withApp(harness, { routes: closed }, async ({ line }) => {
      const one = await line();
      const get = await one.call({ target: '/closed' });
      const head = await one.call({ method: 'HEAD', target: '/closed' });
      assert.equal(head.status, 401);
      assert.deepEqual(head.headers['content-length'], get.headers['content-length']);
      assert.equal(one.pending.length, 0, 'a body came after the answer to HEAD');
    }),

  'refuses before the body is read: the answer comes before the body does': (harness) =>
    withApp(harness, { routes: closed }, async ({ line }) => {
      const one = await line();
      one.write('POST /closed HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n');
      assert.equal((await one.answer()).status, 401);
      one.write('{"a":1}');
      assert.equal(
        (await one.call({ target: '/closed', headers: GOOD })).status,
        201,
        'the line is of no use any more',
      );
    }),

  'a connection serves on after a refusal whose body was sent': (harness) =>
    withApp(harness, { routes: closed }, async ({ line }) => {
      const one = await line();
      const request = {
        method: 'POST',
        target: '/closed',
        body: JSON.stringify({ text: 'x'.repeat(50_000) }),
        headers: { 'content-type': 'application/json' },
      };
      for (const [headers, status] of [
        [{}, 401],
        [GOOD, 201],
        [{}, 401],
      ] as const)
        assert.equal((await one.call({ ...request, headers: { ...request.headers, ...headers } })).status, status);
    }),

  'a body that was sent although it was refused is not taken for the next request': (harness) =>
    withApp(harness, { routes: closed }, async ({ line, stage }) => {
      const one = await line();
      one.write({
        method: 'POST',
        target: '/closed',
        body: 'GET /closed HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n\r\n',
      });
      one.write({ target: '/orders/8', headers: GOOD });
      assert.equal((await one.answer('POST')).status, 401);
      assert.deepEqual(jsonIn(await one.answer()), { subject: 'alice', id: '8', at: null });
      assert.deepEqual(stage.ran, ['who']);
    }),

  'pipelined requests get their answers in order, refused ones too': (harness) =>
    withApp(harness, { routes: closed }, async ({ line }) => {
      const one = await line();
      for (const id of ['1', '2', '3']) one.write({ target: `/orders/${id}`, headers: id === '2' ? {} : GOOD });
      assert.deepEqual(jsonIn(await one.answer()), { subject: 'alice', id: '1', at: null });
      assert.equal((await one.answer()).status, 401);
      assert.deepEqual(jsonIn(await one.answer()), { subject: 'alice', id: '3', at: null });
    }),

  'waits for guards that wait': async (harness) => {
    const late: Guard = async (exchange) => {
      await pause();
      return authenticate(exchange);
    };
    const routes: readonly RoutePlan<KitPolicy>[] = [
      { method: 'GET', path: '/', handler: 'who', policy: { head: [late] } },
    ];
    await withApp(harness, { routes }, async ({ call }) => {
      assert.equal((await call('/')).status, 401);
      assert.equal((await call({ headers: GOOD })).status, 200);
    });
  },

  'a guard answers in the place of the handler, at once or late': async (harness) => {
    const answer = {
      status: 203,
      headers: { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] },
      body: 'mine',
    };
    const policies: readonly KitPolicy[] = [{ head: [() => answer] }, { head: [() => pause().then(() => answer)] }];
    for (const policy of policies)
      await withApp(
        harness,
        { routes: [{ method: 'GET', path: '/', handler: 'json', policy }] },
        async ({ call, stage }) => {
          const { status, headers, body } = await call('/');
          assert.deepEqual([status, body.toString(), headers['set-cookie']], [203, 'mine', ['a=1', 'b=2']]);
          assert.deepEqual(stage.ran, []);
        },
      );
  },

  'what a guard throws besides problems is internal, and its message stays inside': async (harness) => {
    const fail = (): never => {
      throw new Error(SECRET);
    };
    const policies: readonly KitPolicy[] = [{ head: [fail] }, { head: [() => pause().then(fail)] }];
    for (const policy of policies)
      await withApp(
        harness,
        { routes: [{ method: 'GET', path: '/', handler: 'json', policy }] },
        async ({ call, castellan }) => {
          const answer = await call('/');
          assert.equal(problemIn(answer).code, 'internal');
          assert.equal(answer.raw.includes(SECRET), false);
          assert.equal(castellan.reported.length, 1);
        },
      );
  },

  'a guard that returns what is no answer lets nobody pass, and keeps nobody waiting': async (harness) => {
    const yes = (() => true) as unknown as Guard;
    const { guard: watch } = watching({ late: true });
    const policies: readonly KitPolicy[] = [{ head: [yes] }, { head: [watch, yes] }, { body: [yes] }];
    for (const policy of policies)
      await withApp(
        harness,
        { routes: [{ method: 'POST', path: '/', handler: 'json', policy }] },
        async ({ call, stage }) => {
          assert.equal(problemIn(await call({ method: 'POST' })).code, 'internal');
          assert.deepEqual(stage.ran, []);
        },
      );
  },

  'a policy that makes no sense throws where the route is declared': (harness) =>
    assert.rejects(
      withApp(
        harness,
        { routes: [{ method: 'GET', path: '/', handler: 'json', policy: { mistake: true } }] },
        async () => {},
      ),
      /policy\.mistake/,
    ),

  'headers of the exchange leave with the handler’s answer, which may override them': async (harness) => {
    const policy: KitPolicy = {
      head: [
        ({ headers }) => {
          headers['x-own'] = 'of the guard';
          headers['x-other'] = ['1', '2'];
        },
      ],
    };
    const routes = (['json', 'headers', 'stream'] as const).map((handler) => ({
      method: 'GET' as const,
      path: `/${handler}`,
      handler,
      policy,
    }));
    await withApp(harness, { routes }, async ({ call }) => {
      for (const path of ['/json', '/stream']) {
        const { headers } = await call(path);
        assert.deepEqual([headers['x-own'], headers['x-other']], [['of the guard'], ['1', '2']], path);
      }
      const { headers } = await call('/headers');
      assert.deepEqual([headers['x-own'], headers['x-request-id']], [['1'], ['own-request-id']]);
    });
  },
});
