import type { Principal } from '../http/index.ts';
import type { AccessTokenClaims } from './access-token.ts';

/** The caller that the claims of a verified access token speak of. */
export function tokenPrincipal(claims: AccessTokenClaims): Principal {
  const { sub: subject, tenant = '', sid: sessionId, tier, scope } = claims;
  const scopes = new Set(scope === '' ? [] : scope.split(' '));
  return { subject, tenant, sessionId, scopes, tier, claims: { ...claims } };
}
