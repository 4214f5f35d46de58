import { type Exchange, type Guard, originOf, type Principal, Problem, type Verdict } from '../http/index.ts';
import type { AccessCheck } from './access-check.ts';
import { isScopeToken } from './claims-rules.ts';
import type { CookieCredentials } from './cookie-credentials.ts';
import { insufficientScope, insufficientTier, tokenMissing, tokenRefused } from './token-problems.ts';

/** What {@link authenticateGuard} is made from. */
export interface AuthenticateOptions {
  readonly check: AccessCheck;
  /** All of these are demanded. Default none. */
  readonly scopes?: readonly string[];
  /** The lowest tier that is let in. Default any. */
  readonly tier?: string;
  /** Tiers by name; a higher rank includes what a lower one may. Needed with `tier`. */
  readonly tiers?: Readonly<Record<string, { readonly rank: number }>>;
  /** Ask the store about revocation at every request. Default false. */
  readonly strict?: boolean;
  /** Asked when `Authorization` has no token of ours. Default: a caller without one has none. */
  readonly cookies?: CookieCredentials | undefined;
}

const BEARER = 'Bearer ';
const SCHEME = /^bearer(?: |$)/i;
/** With one of these cookies are ignored, whatever becomes of it: a refused token never falls back. */
const TOKEN_SCHEME = /^(?:bearer|dpop)(?: |$)/i;

/**
 * Access token (RFC 6750, or the cookie) → `context.principal`; then scope, then tier. Synchronous when the token is
 * memoised. A store that is away is thrown on as it is and becomes 503: never 401 for a token that may be good.
 *
 * @throws TypeError at declaration, naming the policy's option that makes no sense
 */
export function authenticateGuard(options: AuthenticateOptions): Guard {
  const { check, strict = false, cookies } = options;
  const scopes = checkScopes(options.scopes ?? []);
  const reaches = tierRule(options);

  function admit(exchange: Exchange, principal: Principal): void {
    // the check has looked at it; a principal of another tenant would be a breach, so it is looked at twice
    if (principal.tenant !== exchange.context.tenant) throw tokenRefused('invalid_token');
    for (const scope of scopes) if (!principal.scopes.has(scope)) throw insufficientScope(scopes);
    if (!reaches(principal.tier)) throw insufficientTier();
    exchange.context.principal = principal;
  }

  function principalBy(token: string, exchange: Exchange, line?: string): Principal | Promise<Principal> {
    return check(token, { tenant: exchange.context.tenant, origin: () => originOf(exchange), strict, line });
  }

  function enterByCookie(exchange: Exchange, principal: Principal): void {
    admit(exchange, principal);
    exchange.context.byCookie = true;
  }

  async function revived(exchange: Exchange, { revive }: CookieCredentials, refusal: unknown): Promise<Verdict> {
    const revival = refusal instanceof Problem ? await revive?.(exchange) : undefined;
    if (!revival) throw refusal;
    enterByCookie(exchange, revival.principal);
    return revival.after;
  }

  function byCookie(exchange: Exchange, credentials: CookieCredentials): Verdict | Promise<Verdict> {
    const token = credentials.accessToken(exchange);
    if (token === undefined) return revived(exchange, credentials, tokenMissing());
    let found: Principal | Promise<Principal>;
    try {
      found = principalBy(token, exchange);
    } catch (refusal) {
      return revived(exchange, credentials, refusal);
    }
    if (!(found instanceof Promise)) return enterByCookie(exchange, found);
    return found.then(
      (principal) => enterByCookie(exchange, principal),
      (refusal: unknown) => revived(exchange, credentials, refusal),
    );
  }

  return (exchange) => {
    const { authorization } = exchange.request.headers;
    if (cookies && (authorization === undefined || !TOKEN_SCHEME.test(authorization)))
      return byCookie(exchange, cookies);
    const found = principalBy(bearerToken(authorization), exchange, authorization);
    return found instanceof Promise ? found.then((principal) => admit(exchange, principal)) : admit(exchange, found);
  };
}

/**
 * The credentials of `Authorization: Bearer …` (RFC 6750 section 2.1). Other schemes, such as the Basic of a staging
 * proxy, are not ours. Whether it is one token, the check tells: a header that was sent twice arrives joined by a comma,
 * and no token of ours has one.
 */
function bearerToken(header: unknown): string {
  if (header === undefined) throw tokenMissing();
  if (typeof header !== 'string') throw tokenRefused('invalid_token', 'malformed');
  // as nearly everybody spells it: without the expression a memoised check takes a tenth less
  if (!header.startsWith(BEARER) && !SCHEME.test(header)) throw tokenMissing();
  let start = BEARER.length;
  while (header[start] === ' ') start++;
  const token = header.slice(start);
  if (token === '') throw tokenRefused('invalid_token', 'malformed');
  return token;
}

function checkScopes(scopes: readonly string[]): readonly string[] {
  for (const scope of scopes)
    if (!isScopeToken(scope))
      throw new TypeError(`policy.scope must be scope names (RFC 6749 section 3.3), not ${JSON.stringify(scope)}`);
  return scopes;
}

/** A tier that has left the configuration ranks below all that are in it. */
function tierRule({ tier, tiers = {} }: AuthenticateOptions): (has: string) => boolean {
  if (tier === undefined) return () => true;
  const ranks = new Map(Object.entries(tiers).map(([name, { rank }]) => [name, rank]));
  const demanded = ranks.get(tier);
  if (demanded === undefined)
    throw new TypeError(`policy.tier must be one of ${[...ranks.keys()].join(', ') || 'options.tiers'}, not '${tier}'`);
  return (has) => (ranks.get(has) ?? Number.NEGATIVE_INFINITY) >= demanded;
}
