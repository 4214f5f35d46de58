import { type CookieJar, isBearerMode } from '../browser/index.ts';
import type { Exchange, HttpRequest, HttpResponse } from '../http/index.ts';
import type { StoreClock } from '../kernel/index.ts';
import { type AccessTokens, type CookieCredentials, tokenPrincipal } from '../tokens/index.ts';
import { refreshBy } from './refresh-endpoint.ts';
import { refreshProblem } from './session-problems.ts';
import type { Sessions } from './sessions.ts';
import { tokenCookies } from './token-answer.ts';

/** What {@link pageRefresh} is made of. */
export interface PageRefreshParts {
  readonly sessions: Pick<Sessions, 'refresh'>;
  readonly accessTokens: Pick<AccessTokens, 'verify'>;
  readonly storeClock: Pick<StoreClock, 'now'>;
  readonly jar: CookieJar;
  /**
   * Counts it as a refresh like any other, before the store is asked.
   * @throws Problem what the page is answered when there were too many: its cookies stay, and are good later
   */
  readonly charge: (exchange: Exchange, refreshToken: string) => Promise<void>;
}

/**
 * Makes the refresh of page requests (`ssrRefresh`). The caller is known by the verdict of the refresh. The new access
 * token is not used before the browser presents it, so it confirms nothing: an answer that is lost stays a lost answer.
 */
export function pageRefresh(parts: PageRefreshParts): NonNullable<CookieCredentials['revive']> {
  const { sessions, accessTokens, storeClock, jar, charge } = parts;
  return (exchange) => {
    const { request, headers } = exchange;
    const presented = isPageRequest(request) ? jar.read(request.headers, 'refresh') : undefined;
    return presented === undefined ? undefined : revive(presented);

    async function revive(token: string) {
      await charge(exchange, token);
      const answer = await refreshBy(sessions, exchange, 'cookie', token);
      if (answer.answer !== 'tokens') throw refreshProblem(answer);
      const cookies = tokenCookies(answer.tokens, jar, token);
      // on every exit, a refusal of a later guard too; what a handler puts in their place is corrected on the way out
      headers['set-cookie'] = cookies;
      headers['cache-control'] = 'no-store';
      const verified = await accessTokens.verify(answer.tokens.accessToken, storeClock.now());
      if (verified.outcome !== 'valid') throw new Error('an access token that was just issued is not valid');
      const after = (response: HttpResponse) => withCookies(response, cookies);
      return { principal: tokenPrincipal(verified.claims), after };
    }
  };
}

/** A browser that navigates, or one that does not say so and asks for HTML. */
function isPageRequest({ method, headers }: HttpRequest): boolean {
  if (method !== 'GET' || headers.upgrade !== undefined || isBearerMode(headers)) return false;
  const mode = headers['sec-fetch-mode'];
  return mode === undefined ? /\btext\/html\b/.test(headers.accept ?? '') : mode === 'navigate';
}

function withCookies(response: HttpResponse, cookies: readonly string[]): HttpResponse {
  const given = response.headers['set-cookie'] ?? [];
  const present = typeof given === 'string' ? [given] : given;
  const missing = cookies.filter((cookie) => !present.includes(cookie));
  response.headers['set-cookie'] = [...present, ...missing];
  response.headers['cache-control'] = 'no-store';
  return response;
}
