/** Claims of an access token (RFC 9068 section 2.2 and ours). Times are NumericDate: whole seconds. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly exp: number;
  readonly iat: number;
  readonly jti: string;
  readonly client_id: string;
  /** The session. */
  readonly sid: string;
  /** Generation of the refresh token issued together with it. */
  readonly g: number;
  /** First 8 bytes of that refresh token's stored hash, base64url (11 characters). */
  readonly lf: string;
  /** User epoch: below the subject's `authEpoch` the token is dead. */
  readonly ue: number;
  /** Claims epoch: below the subject's the token is stale, and a refresh brings a true one. */
  readonly ce: number;
  readonly tier: string;
  /** Space-separated (RFC 6749 section 3.3); empty where none were granted. */
  readonly scope: string;
  /** Present when not empty. */
  readonly tenant?: string;
}

/** What an access token is made from; issuer, audience, `client_id` and `jti` are added. */
export interface AccessTokenInput {
  readonly subject: string;
  readonly tenant: string;
  readonly sessionId: string;
  readonly generation: number;
  /** Base64url, 11 characters. */
  readonly leafPrefix: string;
  readonly userEpoch: number;
  readonly claimsEpoch: number;
  readonly tier: string;
  readonly scopes: readonly string[];
  /** Unix ms, the store's clock. */
  readonly issuedAt: number;
  /** Unix ms. */
  readonly expiresAt: number;
}

/**
 * `malformed` and `forged` were never issued by us; `expired` is authentic and merely old. One answer for all outside
 * (`invalid_token`), but only the first two are charged to the sender's address.
 */
export type VerifyOutcome =
  | { readonly outcome: 'valid'; readonly claims: AccessTokenClaims }
  | { readonly outcome: 'malformed' | 'forged' }
  | { readonly outcome: 'expired'; readonly claims: AccessTokenClaims };

/** Signs and verifies access tokens. */
export interface AccessTokens {
  issue(input: AccessTokenInput): Promise<string>;
  /**
   * Shape guard, signature, strict claims (RFC 8725, RFC 9068 section 4). Says nothing about revocation.
   * @param now Unix ms, the store's clock
   */
  verify(token: string, now: number): Promise<VerifyOutcome>;
  /** Public keys only, as a JWK Set (RFC 7517); without any for HS256. */
  jwks(): { readonly keys: readonly Readonly<Record<string, unknown>>[] };
}
