import { Problem, type ProblemTable } from '../http/index.ts';

/** Problems of access tokens. The first five are one refusal on the wire (RFC 6750 section 3.1). */
export const tokenProblems: ProblemTable = {
  token_missing: { status: 401, title: 'An access token is needed' },
  invalid_token: { status: 401, title: 'The access token is not valid' },
  token_expired: { status: 401, title: 'The access token has expired' },
  token_stale: { status: 401, title: 'The access token carries old claims' },
  token_superseded: { status: 401, title: 'The access token was replaced by a newer one' },
  insufficient_scope: { status: 403, title: 'The access token lacks a scope' },
  insufficient_tier: { status: 403, title: 'The tier is too low' },
};

/** Why a token that was shown is refused. All but the first tell an honest client to refresh. */
export type TokenRefusal = 'invalid_token' | 'token_expired' | 'token_stale' | 'token_superseded';

const challenge = 'www-authenticate';

/** No credentials of ours: the challenge has no `error`, for there is no token to be wrong (RFC 6750 section 3.1). */
export function tokenMissing(): Problem {
  return new Problem('token_missing', { headers: { [challenge]: 'Bearer' } });
}

/** A refused token. Outside, all causes look alike but for the code; `cause` is for logs only. */
export function tokenRefused(refusal: TokenRefusal, cause?: unknown): Problem {
  const headers = { [challenge]: 'Bearer error="invalid_token"' };
  return new Problem(refusal, cause === undefined ? { headers } : { headers, cause });
}

/** The token is good and lacks a scope. Precondition: `scopes` are scope tokens, which need no quoting. */
export function insufficientScope(scopes: readonly string[]): Problem {
  return new Problem('insufficient_scope', {
    headers: { [challenge]: `Bearer error="insufficient_scope", scope="${scopes.join(' ')}"` },
  });
}

/** The token is good and its tier ranks too low; a refresh would not help, so there is no challenge. */
export function insufficientTier(): Problem {
  return new Problem('insufficient_tier');
}
