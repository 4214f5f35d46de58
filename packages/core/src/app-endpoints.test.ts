import { expect, test } from 'vitest';
import * as z from 'zod';
import type { HttpResponse, RequestBody } from './http/index.ts';
import { type AppEndpoint, bodyOf, createCastellan, memoryStores, Problem } from './index.ts';
import { generatePepper } from './sessions/index.ts';
import { generateKeys } from './tokens/index.ts';

const base = { issuer: 'https://api.example.com', keys: await generateKeys(), peppers: generatePepper() };
const Hook = z.strictObject({ url: z.url() });
const answer = (body: string): HttpResponse => ({ status: 200, headers: {}, body });

function compose(endpoints: readonly AppEndpoint[]) {
  return createCastellan({ ...base, stores: memoryStores(), tiers: { free: { rank: 0 } }, endpoints });
}

/** Calls a mounted endpoint with a JSON body. */
async function call(
  castellan: ReturnType<typeof compose>,
  method: string,
  path: string,
  value?: unknown,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const match = castellan.http.match(method, path);
  if (!match) throw new Error(`${path} is not mounted`);
  const text = JSON.stringify(value);
  const exchange = castellan.http.exchange({
    method,
    target: path,
    route: path,
    headers: text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(text.length) },
    ip: '203.0.113.7',
    arrivedAt: performance.now(),
    gone: false,
  });
  const read = async (): Promise<RequestBody> => ({ value, raw: undefined });
  const { status, body } = await castellan.http.serve(match, exchange, read);
  return { status, body: typeof body === 'string' && body.startsWith('{') ? JSON.parse(body) : body };
}

test("an endpoint of the app's own is served beside the library's, behind the same guards", async () => {
  await using castellan = compose([
    { method: 'GET', path: '/hooks/:id', handle: ({ params }) => answer(String(params['id'])) },
    { method: 'GET', path: '/ping', policy: { public: true }, handle: () => answer('pong') },
  ]);
  await castellan.start();
  expect(await call(castellan, 'GET', '/hooks/7')).toMatchObject({ status: 401, body: { code: 'token_missing' } });
  expect(await call(castellan, 'GET', '/ping')).toEqual({ status: 200, body: 'pong' });
  expect(await call(castellan, 'GET', '/jwks.json')).toMatchObject({ status: 200 });
  expect(castellan.http.match('POST', '/ping')).toEqual({ allow: ['GET', 'HEAD'] });
});

test('its policy validates the body, runs its guards, and is what the handler reads', async () => {
  const seen: string[] = [];
  await using castellan = compose([
    {
      method: 'POST',
      path: '/hooks',
      policy: { public: true, body: Hook, guards: [({ request }) => void seen.push(request.target)] },
      handle: (made) => answer(bodyOf(made, Hook).url),
    },
    {
      method: 'POST',
      path: '/closed',
      policy: {
        public: true,
        guards: [
          () => {
            throw new Problem('not_found');
          },
        ],
      },
      handle: () => answer('never'),
    },
  ]);
  await castellan.start();
  expect(await call(castellan, 'POST', '/hooks', { url: 'https://x.example' })).toEqual({
    status: 200,
    body: 'https://x.example',
  });
  expect(seen).toEqual(['/hooks']);
  expect(await call(castellan, 'POST', '/hooks', { url: 1 })).toMatchObject({
    status: 422,
    body: { fields: [{ pointer: '/url' }] },
  });
  expect(castellan.http.match('POST', '/hooks')).toMatchObject({ endpoint: { body: ['json'] } });
  expect(await call(castellan, 'POST', '/closed', {})).toMatchObject({ status: 404 });
});

test.each([
  ['endpoints[0] (GET /x): policy.tier', { method: 'GET', path: '/x', policy: { tier: 'gold' }, handle: answer }],
  ['endpoints[0] (PUT /x): method', { method: 'PUT', path: '/x', handle: answer }],
  ['endpoints[0] (GET /x): handle', { method: 'GET', path: '/x' }],
  [
    'endpoints[0] (POST /x): policy.body',
    { method: 'POST', path: '/x', body: ['form'], policy: { body: Hook }, handle: answer },
  ],
  ['endpoint POST /login is declared twice', { method: 'POST', path: '/login', handle: answer }],
  ['endpoint GET x', { method: 'GET', path: 'x', handle: answer }],
])('%s: a mistake in it is a TypeError at composition', (message, endpoint) => {
  expect(() => compose([endpoint as unknown as AppEndpoint])).toThrow(TypeError);
  expect(() => compose([endpoint as unknown as AppEndpoint])).toThrow(message);
});
