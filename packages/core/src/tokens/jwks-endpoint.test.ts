import { expect, it } from 'vitest';
import type { EndpointCall } from '../http/index.ts';
import { createAccessTokens } from './access-tokens.ts';
import { generateKeys } from './generate-keys.ts';
import { jwksEndpoint } from './jwks-endpoint.ts';
import { createKeyring } from './keyring.ts';
import type { SigningAlgorithm } from './signing-algorithm.ts';

const call = {
  request: {
    method: 'GET',
    target: '/auth/jwks.json',
    route: undefined,
    headers: {},
    ip: '',
    arrivedAt: 0,
    gone: false,
  },
  context: { requestId: 'request-1', tenant: '' },
  headers: {},
  body: { value: undefined, raw: undefined },
  params: {},
  query: new URLSearchParams(),
} satisfies EndpointCall;

async function serve(alg: SigningAlgorithm) {
  const keyring = await createKeyring(await generateKeys(alg));
  const endpoint = jwksEndpoint(createAccessTokens({ keyring, issuer: 'https://a.example', audience: 'a' }));
  const response = await endpoint.handle(call);
  return { endpoint, response, set: JSON.parse(response.body as string) as { keys: Record<string, unknown>[] } };
}

it('public keys, for everybody, to be cached', async () => {
  const { endpoint, response, set } = await serve('EdDSA');
  expect(endpoint).toMatchObject({ method: 'GET', path: '/jwks.json', public: true });
  expect(response).toMatchObject({
    status: 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' },
  });
  expect(set.keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x']]);
});

it('with HS256 there is no key to show', async () => {
  expect((await serve('HS256')).set).toEqual({ keys: [] });
});
