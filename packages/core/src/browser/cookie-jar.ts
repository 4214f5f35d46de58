import type { IncomingHttpHeaders } from 'node:http';
import { cookieValue, isCookieName, setCookie } from './cookies.ts';

/** Names on the wire that an app may choose. */
export interface CookieNames {
  /** Default `__Host-Http-castellan-at`. */
  readonly access?: string;
  /** Default `__Host-Http-castellan-rt`. */
  readonly refresh?: string;
  /** Default `__Host-castellan-csrf`. */
  readonly csrf?: string;
  /** Header of the CSRF token. Default `X-CSRF-Token`. */
  readonly csrfHeader?: string;
  /** Form field of the CSRF token. Default `csrf_token`. */
  readonly csrfField?: string;
}

/** What may be set about cookie mode. */
export interface CookieOptions {
  /**
   * A page request whose access cookie has died is refreshed on its way in, so that pages rendered by the server stay
   * signed in. The refresh cookie is `SameSite=Lax` then, for links from other sites. Default false.
   */
  readonly ssrRefresh?: boolean;
  /** Plain http outside loopback: cookies without `Secure` and without a prefix. Anybody on the way reads them. */
  readonly insecure?: boolean;
  readonly names?: CookieNames;
}

/** The cookies of cookie mode. */
export type CookieKind = 'access' | 'refresh' | 'csrf';

/** Reads and writes them. */
export interface CookieJar {
  /** `undefined`: not sent, sent twice, or malformed. */
  read(headers: IncomingHttpHeaders, kind: CookieKind): string | undefined;
  /**
   * A `Set-Cookie` field.
   * @param maxAgeSeconds left out: until the browser closes
   */
  set(kind: CookieKind, value: string, maxAgeSeconds?: number): string;
  /** `Set-Cookie` fields that take both tokens away. */
  clear(): readonly string[];
}

const DEFAULTS: Readonly<Record<CookieKind, string>> = {
  access: '__Host-Http-castellan-at',
  refresh: '__Host-Http-castellan-rt',
  csrf: '__Host-castellan-csrf',
};

/**
 * Makes the jar. The prefix binds a cookie to this host, `Secure` and `Path=/`: a sibling host can't plant one
 * (RFC 6265bis section 4.1.3; browsers that don't know `__Host-Http-` see `__Host-`).
 *
 * @throws TypeError naming the option that makes no sense
 */
export function createCookieJar({ ssrRefresh = false, insecure = false, names = {} }: CookieOptions): CookieJar {
  const nameOf = (kind: CookieKind): string => {
    const standard = DEFAULTS[kind];
    const name = names[kind] ?? (insecure ? standard.replace(/^__Host-(Http-)?/, '') : standard);
    const path = `cookies.names.${kind}`;
    if (!isCookieName(name)) throw new TypeError(`${path} is no name of a cookie: ${JSON.stringify(name)}`);
    if (insecure && name.startsWith('__'))
      throw new TypeError(`${path} must have no prefix with cookies.insecure: browsers refuse it without Secure`);
    if (!insecure && !name.startsWith('__Host-'))
      throw new TypeError(`${path} must begin with __Host-, or a sibling host could set the cookie`);
    return name;
  };
  const named = { access: nameOf('access'), refresh: nameOf('refresh'), csrf: nameOf('csrf') };
  if (new Set(Object.values(named)).size < 3) throw new TypeError('cookies.names must be three different names');
  const secure = !insecure;
  const sameSite = { access: 'Lax', refresh: ssrRefresh ? 'Lax' : 'Strict', csrf: 'Lax' } as const;
  const set: CookieJar['set'] = (kind, value, maxAgeSeconds) =>
    setCookie(named[kind], value, { secure, sameSite: sameSite[kind], maxAgeSeconds });
  const cleared = [set('access', '', 0), set('refresh', '', 0)];
  return {
    read: (headers, kind) => cookieValue(headers.cookie, named[kind]),
    set,
    clear: () => cleared,
  };
}
