import { type Endpoint, jsonResponse } from '../http/index.ts';
import type { AccessTokens } from './access-token.ts';

/**
 * `GET /jwks.json`: the public keys, for services that verify access tokens offline (RFC 7517). Five minutes of
 * caching: a new key verifies everywhere long before it is made the signing one.
 */
export function jwksEndpoint(tokens: Pick<AccessTokens, 'jwks'>): Endpoint {
  return {
    method: 'GET',
    path: '/jwks.json',
    public: true,
    handle: () => jsonResponse(200, tokens.jwks(), { 'cache-control': 'public, max-age=300' }),
  };
}
