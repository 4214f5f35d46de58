import { type MakeId, uuidv7Generator } from '../kernel/index.ts';
import type { AccessTokenClaims, AccessTokenInput, AccessTokens, VerifyOutcome } from './access-token.ts';
import { faultyClaim, isScopeToken, knownClaims } from './claims-rules.ts';
import type { Keyring } from './keyring.ts';
import { MAX_TOKEN_LENGTH, shapeGuard } from './shape-guard.ts';

/** How far ahead `iat` may be: the clocks of two processes may differ by so much. */
const MAX_AHEAD_SECONDS = 60;

/** What {@link createAccessTokens} is made from. */
export interface AccessTokensOptions {
  readonly keyring: Keyring;
  /** Claim `iss`; compared as it is. */
  readonly issuer: string;
  /** Claim `aud`; compared as it is. */
  readonly audience: string;
  /** Claim `client_id`. Default: the audience. */
  readonly clientId?: string;
  /** Makes `jti`. Default: UUIDv7. */
  readonly makeId?: MakeId;
}

/** Access tokens by RFC 9068, verified by RFC 8725. */
export function createAccessTokens(options: AccessTokensOptions): AccessTokens {
  const { keyring, issuer, audience, clientId = options.audience, makeId = uuidv7Generator() } = options;
  for (const [name, value] of Object.entries({ issuer, audience, clientId }))
    if (typeof value !== 'string' || value === '') throw new TypeError(`${name} must be a text that is not empty`);

  function accept(claims: AccessTokenClaims, now: number): VerifyOutcome {
    if (claims.iss !== issuer || claims.aud !== audience) return { outcome: 'forged' };
    if (claims.iat * 1000 > now + MAX_AHEAD_SECONDS * 1000) return { outcome: 'forged' };
    return { outcome: now < claims.exp * 1000 ? 'valid' : 'expired', claims };
  }

  return {
    async issue(input) {
      const claims = claimsOf(input, { iss: issuer, aud: audience, client_id: clientId, jti: makeId() });
      const fault = input.scopes.every(isScopeToken) ? faultyClaim({ ...claims }) : 'scope';
      if (fault) throw new TypeError(`access token: claim ${fault} can't be issued from what was given`);
      const token = await keyring.sign(JSON.stringify(claims));
      if (token.length > MAX_TOKEN_LENGTH)
        throw new TypeError(`access token: longer than ${MAX_TOKEN_LENGTH} characters, give it fewer scopes`);
      return token;
    },
    async verify(token, now) {
      const shaped = shapeGuard(token);
      if (!shaped) return { outcome: 'malformed' };
      const key = keyring.verification(shaped.header);
      if (!key || !(await keyring.verify(key, token))) return { outcome: 'forged' };
      if (faultyClaim(shaped.payload)) return { outcome: 'forged' };
      return accept(knownClaims(shaped.payload), now);
    },
    jwks: () => keyring.jwks(),
  };
}

/** Times are rounded down: nobody sees a token of the future, and none lives longer than it was given. */
function claimsOf(
  input: AccessTokenInput,
  issued: Pick<AccessTokenClaims, 'iss' | 'aud' | 'client_id' | 'jti'>,
): AccessTokenClaims {
  return {
    iss: issued.iss,
    sub: input.subject,
    aud: issued.aud,
    exp: Math.floor(input.expiresAt / 1000),
    iat: Math.floor(input.issuedAt / 1000),
    jti: issued.jti,
    client_id: issued.client_id,
    sid: input.sessionId,
    g: input.generation,
    lf: input.leafPrefix,
    ue: input.userEpoch,
    ce: input.claimsEpoch,
    tier: input.tier,
    scope: input.scopes.join(' '),
    ...(input.tenant !== '' && { tenant: input.tenant }),
  };
}
