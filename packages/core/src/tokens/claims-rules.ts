import { isUuid } from '../kernel/index.ts';
import type { AccessTokenClaims } from './access-token.ts';

/** Longest life of an access token, in seconds. Revocations are kept one minute longer than this. */
export const MAX_LIFE_SECONDS = 3600;

/** RFC 6749 section 3.3: visible ASCII without quote and backslash. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const SCOPE = /^(?:[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*)?$/;
/** 8 bytes as base64url: the last of 11 characters has two unused bits. */
const LEAF_PREFIX = /^[\w-]{10}[AEIMQUYcgkosw048]$/;
const MAX_UINT32 = 0xffff_ffff;

/** What this library never issues and must not overlook: `cnf` binds a token to a key that nobody would ask for. */
const FOREIGN_CLAIMS = ['nbf', 'cnf'] as const;

const text = (value: unknown): boolean => typeof value === 'string' && value.length > 0 && value.length <= 255;
const count = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** One rule for each claim (RFC 9068 section 2.2 and ours): the types of {@link AccessTokenClaims}, exactly. */
const RULES: { readonly [N in keyof Required<AccessTokenClaims>]: (value: unknown) => boolean } = {
  iss: (value) => typeof value === 'string',
  sub: text,
  aud: (value) => typeof value === 'string',
  exp: count,
  iat: count,
  jti: text,
  client_id: (value) => typeof value === 'string',
  sid: (value) => typeof value === 'string' && isUuid(value),
  g: (value) => count(value) && (value as number) <= MAX_UINT32,
  lf: (value) => typeof value === 'string' && LEAF_PREFIX.test(value),
  ue: count,
  ce: count,
  tier: text,
  scope: (value) => typeof value === 'string' && SCOPE.test(value),
  tenant: (value) => value === undefined || text(value),
};
const EACH = Object.entries(RULES);

/** The first claim that is missing, of the wrong type, or never issued; `undefined`: all are as they must be. */
export function faultyClaim(claims: Readonly<Record<string, unknown>>): string | undefined {
  for (const [name, fits] of EACH) if (!fits(claims[name])) return name;
  for (const name of FOREIGN_CLAIMS) if (claims[name] !== undefined) return name;
  const life = (claims['exp'] as number) - (claims['iat'] as number);
  return life > 0 && life <= MAX_LIFE_SECONDS ? undefined : 'exp';
}

/** The claims by name and nothing else. Precondition: {@link faultyClaim} found none. */
export function knownClaims(payload: Readonly<Record<string, unknown>>): AccessTokenClaims {
  const { iss, sub, aud, exp, iat, jti, client_id, sid, g, lf, ue, ce, tier, scope, tenant } =
    payload as unknown as AccessTokenClaims;
  const claims = { iss, sub, aud, exp, iat, jti, client_id, sid, g, lf, ue, ce, tier, scope };
  return tenant === undefined ? claims : { ...claims, tenant };
}

/** Whether the text is one scope (RFC 6749 section 3.3). */
export function isScopeToken(scope: string): boolean {
  return SCOPE_TOKEN.test(scope);
}
