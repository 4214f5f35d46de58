import { type Guard, jsonResponse, Problem } from '@castellan/core/http';
import type { HandlerName, RoutePlan, Stage } from '@castellan/testkit';
import * as z from 'zod';
import type { ParityPolicy } from './parity-castellan.ts';

type Route = RoutePlan<ParityPolicy>;

/** Handlers that a GET may meet. */
export const handlerNames: readonly HandlerName[] = [
  'json',
  'json-async',
  'json-callback',
  'json-unreturned',
  'json-sent',
  'text',
  'bytes',
  'empty',
  'empty-text',
  'missing',
  'cookies',
  'headers',
  'large',
  'node-end',
  'node-write',
  'twice',
  'stream',
  'stream-length',
  'stream-web',
  'stream-large',
  'stream-half',
  'stream-half-length',
  'stream-failed',
  'flushed',
  'throw-problem',
  'reject-problem',
  'throw-error',
  'reject-error',
  'pass-error',
  'throw-status',
  'throw-text',
  'throw-dressed',
  'throw-answered',
  'slow',
  'never',
];

/** Tells how the guards saw the request. */
const view: Guard = ({ request: { method, target, route, ip, headers } }) =>
  jsonResponse(200, { method, target, route, ip, own: headers['x-own'] ?? null });

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Guards of the app's own, by what they do. */
const guards: Readonly<Record<string, Guard>> = {
  answer: () => ({ status: 203, headers: { 'content-type': 'text/plain', 'x-own': '1' }, body: 'from the guard' }),
  async 'answer-late'() {
    await turn();
    return { status: 203, headers: { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] }, body: 'late' };
  },
  'answer-empty': () => ({ status: 204, headers: {}, body: null }),
  'answer-bytes': () => ({ status: 200, headers: { 'content-type': 'image/png' }, body: new Uint8Array([0, 255, 1]) }),
  problem() {
    throw new Problem('conflict', { detail: 'By a guard.', headers: { 'x-own': '1' } });
  },
  async 'problem-late'() {
    await turn();
    throw new Problem('conflict');
  },
  error() {
    throw new Error('secret of a guard');
  },
  async 'error-late'() {
    await turn();
    throw new Error('secret of a guard');
  },
  dress({ headers }) {
    headers['x-dressed'] = '1';
    headers['cache-control'] = 'private';
  },
  change: () => (response) => ({ ...response, headers: { ...response.headers, 'x-changed': String(response.status) } }),
  'change-late': () => async (response) => {
    await turn();
    return { ...response, headers: { ...response.headers, 'x-changed': String(response.status) } };
  },
  replace: () => () => ({ status: 410, headers: { 'content-type': 'text/plain' }, body: 'gone' }),
  'not-modified':
    () =>
    ({ headers: { etag = '"1"' } }) => ({ status: 304, headers: { etag }, body: null }),
  'after-throws': () => () => {
    throw new Error('secret of an after');
  },
};

export const guardNames: readonly string[] = Object.keys(guards);

/** What the schema of `/body` takes. */
const Order = z.strictObject({ total: z.int(), note: z.string().optional() });

/** The routes of every app that is compared. */
export function parityRoutes(stage: Stage): readonly Route[] {
  const get = (path: string, handler: HandlerName, policy?: ParityPolicy): Route => ({
    method: 'GET',
    path,
    handler,
    ...(policy && { policy }),
  });
  const post = (path: string, handler: HandlerName, policy?: ParityPolicy): Route => ({
    ...get(path, handler, policy),
    method: 'POST',
  });
  return [
    ...handlerNames.flatMap((name) => [
      get(`/plain/${name}`, name, { public: true }),
      get(`/seen/${name}`, name, { public: true, audit: 'probe.run' }),
      get(`/closed/${name}`, name, { audit: 'probe.run' }),
      { ...get(`/bare/${name}`, name), unguarded: true },
    ]),
    ...guardNames.flatMap((name) => [
      get(`/guard/${name}`, 'json', { public: true, guards: [guards[name] as Guard] }),
      get(`/guard/${name}/stream`, 'stream', { public: true, guards: [guards[name] as Guard] }),
      get(`/guard/${name}/seen`, 'json', { public: true, audit: 'probe.run', guards: [guards[name] as Guard] }),
    ]),
    ...(
      [
        ['/closed', {}],
        ['/scope', { scope: 'probe:read', audit: 'probe.run' }],
        ['/tier', { tier: 'pro' }],
        ['/strict', { revocation: 'strict', audit: 'probe.run' }],
      ] as const
    ).flatMap(([path, policy]) => [get(path, 'json', policy), post(path, 'json', policy)]),
    get('/orders/:id', 'who'),
    get('/orders/:id/items', 'who', { audit: 'probe.run' }),
    get('/view', 'json', { public: true, guards: [view] }),
    get('/view/:id', 'json', { public: true, guards: [view] }),
    get('/named', 'json', { public: true, guards: [view], route: '/v1/named' }),
    get('/guard/waits', 'json', { public: true, audit: 'probe.run', guards: [() => stage.go()] }),
    get('/limited', 'json', { public: true, audit: 'probe.run', limit: '2/1m' }),
    get('/admin/panel', 'json', { public: true }),
    post('/echo', 'echo', { public: true }),
    post('/echo/seen', 'echo', { public: true, audit: 'probe.run' }),
    post('/echo/closed', 'echo', { audit: 'probe.run' }),
    post('/json', 'json', { public: true }),
    post('/body', 'echo', { public: true, body: Order, audit: 'probe.run' }),
    post('/body/closed', 'echo', { scope: 'probe:read', body: Order, audit: 'probe.run' }),
  ];
}
