import type { After, Exchange, Principal } from '../http/index.ts';

/** Where a browser in cookie mode has its access token. */
export interface CookieCredentials {
  /**
   * The token of the access cookie; `undefined` where there is none.
   * @throws Problem `csrf_failed` when another site may have made the request
   */
  accessToken(exchange: Exchange): string | undefined;
  /**
   * Signs a page request in by its refresh cookie when its access token is missing or dead.
   *
   * @returns `undefined` when the request is no page's, or has no refresh cookie
   * @throws Problem when the refresh is refused, or to be tried later
   */
  readonly revive?: (exchange: Exchange) => Promise<Revival> | undefined;
}

/** A caller by the verdict of a refresh, and what brings the new tokens to the browser. */
export interface Revival {
  readonly principal: Principal;
  readonly after: After;
}
