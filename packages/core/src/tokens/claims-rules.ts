import { fromBase64url, isUuid } from '../kernel/index.ts';
import type { AccessTokenClaims } from './access-token.ts';

/** Longest life of an access token, in seconds. Revocations are kept one minute longer than this. */
export const MAX_LIFE_SECONDS = 3600;

/** RFC 6749 section 3.3: visible ASCII without quote and backslash. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const SCOPE = /^(?:[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*)?$/;
const MAX_UINT32 = 0xffff_ffff;

/** What this library never issues, and must not overlook: `cnf` binds a token to a key that nobody would ask for. */
const FOREIGN_CLAIMS = ['nbf', 'cnf'] as const;

type Rule = (value: unknown) => boolean;
const text: Rule = (value) => typeof value === 'string' && value.length > 0 && value.length <= 255;
const count: Rule = (value) => Number.isSafeInteger(value) && (value as number) >= 0;

/** One rule for each claim (RFC 9068 section 2.2 and ours): exactly the types of {@link AccessTokenClaims}. */
const RULES: Readonly<Record<keyof AccessTokenClaims, Rule>> = {
  iss: (value) => typeof value === 'string',
  sub: text,
  aud: (value) => typeof value === 'string',
  exp: count,
  iat: count,
  jti: text,
  client_id: text,
  sid: (value) => typeof value === 'string' && isUuid(value),
  g: (value) => count(value) && (value as number) <= MAX_UINT32,
  lf: (value) => typeof value === 'string' && value.length === 11 && fromBase64url(value) !== undefined,
  ue: count,
  ce: count,
  tier: text,
  scope: (value) => typeof value === 'string' && SCOPE.test(value),
  tenant: (value) => value === undefined || text(value),
};
const NAMES = Object.keys(RULES) as readonly (keyof AccessTokenClaims)[];

/** The first claim that is missing, of the wrong type, or never issued; `undefined`: all are as they must be. */
export function faultyClaim(claims: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of NAMES) if (!RULES[name](claims[name])) return name;
  for (const name of FOREIGN_CLAIMS) if (Object.hasOwn(claims, name)) return name;
  const life = (claims['exp'] as number) - (claims['iat'] as number);
  return life > 0 && life <= MAX_LIFE_SECONDS ? undefined : 'exp';
}

/** The claims by name and nothing else. Precondition: {@link faultyClaim} found none. */
export function knownClaims(claims: Readonly<Record<string, unknown>>): AccessTokenClaims {
  const known: Record<string, unknown> = {};
  for (const name of NAMES) if (claims[name] !== undefined) known[name] = claims[name];
  return Object.freeze(known) as unknown as AccessTokenClaims;
}

/** Whether the text is one scope (RFC 6749 section 3.3). */
export function isScopeToken(scope: string): boolean {
  return SCOPE_TOKEN.test(scope);
}
