import { fromBase64url, type Origin } from '../kernel/index.ts';
import { type AccessTokenClaims, tokenRefused } from '../tokens/index.ts';
import type { SessionParts } from './session-parts.ts';
import type { SessionStore } from './session-store.ts';

/**
 * Tells the store that an access token is used for the first time in this process, and learns whether it may be.
 * @throws Problem `invalid_token`, `token_stale` or `token_superseded`
 * @throws StoreUnavailableError
 */
export type FirstUse = (claims: AccessTokenClaims, origin: Origin) => Promise<void>;

interface FirstUseParts extends Pick<SessionParts, 'revocations' | 'tell' | 'ask' | 'stamp'> {
  readonly store: Pick<SessionStore, 'use'>;
}

/** Makes the {@link FirstUse} of a process. */
export function firstUseVerb({ store, revocations, tell, ask, stamp }: FirstUseParts): FirstUse {
  return async (claims, origin) => {
    const { sub: subject, tenant = '', sid: sessionId } = claims;
    const leafPrefix = fromBase64url(claims.lf);
    if (!leafPrefix) throw tokenRefused('invalid_token', 'lf'); // verification has looked at it already
    const audit = stamp(origin);
    const call = { tenant, subject, sessionId, generation: claims.g, leafPrefix, userEpoch: claims.ue, audit };
    const answer = await ask(
      () => store.use(call),
      ({ now }) => now,
    );
    const fact = { tenant, subject, sessionId, at: answer.now, origin: audit.origin };
    switch (answer.outcome) {
      case 'accept':
        if (answer.claimsEpoch > claims.ce) throw tokenRefused('token_stale');
        return;
      case 'superseded':
        throw tokenRefused('token_superseded');
      case 'displaced':
        revocations.sessions(tenant, [sessionId], answer.now);
        tell('session.reuse_detected', { ...fact, by: 'access_token' });
        break;
      case 'ahead':
        tell('session.ahead', fact);
        break;
      case 'unknown':
      case 'revoked':
        break;
    }
    throw tokenRefused('invalid_token', answer.outcome);
  };
}
