import {
  type CookieMode,
  type CookieOptions,
  type CorsOptions,
  type CsrfKey,
  type CsrfKeys,
  createCookieJar,
  createCors,
  createCsrf,
  createCsrfTokens,
  createHostGuard,
  cspReportEndpoint,
  csrfEndpoint,
  type HostOptions,
  isExposed,
  originOfUrl,
  type SecurityHeaderOptions,
  type SecurityProfile,
  securityHeaders,
  type TellBrowser,
  webOrigin,
} from './browser/index.ts';
import { type Endpoint, type Entry, type Headers, Problem, type ToProblem } from './http/index.ts';
import type { RandomBytes } from './kernel/index.ts';
import { namedSession, type PageRefreshParts, type Peppers, pageRefresh } from './sessions/index.ts';
import type { CookieCredentials } from './tokens/index.ts';

/** What may be set about browsers. Nothing of it is on by default, and what is off costs nothing. */
export interface BrowserOptions {
  /** The origin under which browsers know this API: `https://api.example.com`. Default the issuer's. */
  readonly origin?: string;
  /** Other origins whose pages may use it: CORS lets them read, and CSRF lets them write. Default none. */
  readonly origins?: readonly string[];
  /** Tokens in cookies, for clients that ask for it at sign-in. Default off. */
  readonly cookies?: boolean | CookieOptions;
  /** Default: on when there are `origins`. `false`: the app answers CORS itself. */
  readonly cors?: false | CorsOptions;
  /** Security headers on every answer: a profile, or a profile and what is to be different. Default none. */
  readonly securityHeaders?: SecurityProfile | SecurityHeaderOptions;
  /** Hosts, each with the paths that it serves; all others are 421. Default: any host serves everything. */
  readonly hosts?: HostOptions;
}

/** What {@link composeBrowser} is made of. */
export interface BrowserParts {
  readonly options: BrowserOptions;
  readonly issuer: string;
  readonly peppers: Peppers;
  readonly random: RandomBytes;
  readonly tell: TellBrowser;
}

/** The browser's side of the library. */
export interface Browser {
  /** Leave with every answer. */
  readonly headers: Headers | undefined;
  readonly cookies: CookieMode | undefined;
  readonly endpoints: readonly Endpoint[];
  /** For the start. */
  readonly warnings: readonly string[];
  /** Host, then CORS. */
  front(problem: ToProblem): Entry<unknown>['front'];
  credentials(parts: Omit<PageRefreshParts, 'jar'>): CookieCredentials | undefined;
  /** @throws TypeError when cookies would travel where anybody can read them */
  checkTransport(): void;
}

/** @throws TypeError naming the option that makes no sense */
export function composeBrowser({ options, issuer, peppers, random, tell }: BrowserParts): Browser {
  const { hosts, cors: corsOptions } = options;
  const own = options.origin === undefined ? originOfUrl(issuer) : webOrigin(options.origin, 'origin');
  const others = (options.origins ?? []).map((one, at) => webOrigin(one, `origins[${at}]`));
  const origin = (): string => {
    if (own === undefined) throw new TypeError('origin is needed: the issuer is no URL that would tell it');
    return own;
  };
  const cookieOptions = options.cookies === true ? {} : options.cookies || undefined;
  const insecure = cookieOptions?.insecure === true;
  const trusted = (): ReadonlySet<string> => new Set([origin(), ...others]);
  if (insecure && origin().startsWith('https:'))
    throw new TypeError('cookies.insecure is for plain http, and the origin is https');

  const cookies = cookieOptions && cookieMode(cookieOptions);
  function cookieMode(chosen: CookieOptions): CookieMode {
    const jar = createCookieJar(chosen);
    const keyOf = ({ id, csrf: mac }: Peppers['active']): CsrfKey => ({ id, mac });
    const keys: CsrfKeys = {
      active: keyOf(peppers.active),
      find(id) {
        const pepper = peppers.find(id);
        return pepper && keyOf(pepper);
      },
    };
    const tokens = createCsrfTokens(keys, random);
    const names = chosen.names ?? {};
    return { jar, csrf: createCsrf({ trusted: trusted(), jar, tokens, sessionOf: namedSession(peppers), names }) };
  }

  const hostGuard = hosts && createHostGuard(hosts, new URL(origin()).hostname);
  const cors =
    corsOptions === false || (corsOptions === undefined && others.length === 0)
      ? undefined
      : createCors(trusted(), corsOptions ?? {}, {
          cookies: cookies !== undefined,
          csrfHeader: cookieOptions?.names?.csrfHeader,
        });
  const { securityHeaders: chosenHeaders } = options;

  return {
    headers: chosenHeaders && securityHeaders(chosenHeaders, (path) => origin() + path),
    cookies,
    endpoints: [...(cookies ? [csrfEndpoint(cookies.csrf)] : []), ...(chosenHeaders ? [cspReportEndpoint(tell)] : [])],
    warnings: others
      .filter((one) => cookies && !insecure && isExposed(one))
      .map((one) => `origins: ${one} is plain http, so anybody on the way to it can use the cookies of its visitors`),
    front(problem) {
      if (!hostGuard && !cors) return () => undefined;
      return (exchange) => {
        if (hostGuard && !hostGuard(exchange.request)) return problem(new Problem('misdirected_host'), exchange);
        if (!cors) return undefined;
        const { outcome, headers } = cors(exchange.request);
        Object.assign(exchange.headers, headers);
        switch (outcome) {
          case 'pass':
            return undefined;
          case 'preflight':
            return { status: 204, headers: {}, body: null };
          case 'refused':
            return problem(new Problem('origin_not_allowed'), exchange);
        }
      };
    },
    credentials(parts) {
      if (!cookies) return undefined;
      const { jar, csrf } = cookies;
      return {
        accessToken(exchange) {
          const token = jar.read(exchange.request.headers, 'access');
          if (token !== undefined) csrf.demandOf(exchange);
          return token;
        },
        ...(cookieOptions?.ssrRefresh && { revive: pageRefresh({ ...parts, jar }) }),
      };
    },
    checkTransport() {
      if (cookies && !insecure && isExposed(origin()))
        throw new TypeError(
          `origin: cookies over ${origin()} could be read on the way. Use https, or cookies: { insecure: true } where that does not matter`,
        );
    },
  };
}
