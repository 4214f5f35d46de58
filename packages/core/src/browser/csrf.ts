import { type EndpointCall, type Exchange, Problem, type RequestBody } from '../http/index.ts';
import type { CookieJar, CookieNames } from './cookie-jar.ts';
import type { CsrfTokens } from './csrf-token.ts';
import { type CsrfRequest, type CsrfVerdict, csrfVerdict } from './csrf-verdict.ts';
import { addVary } from './vary.ts';

/** Refuses requests with cookie credentials that other sites may have made. */
export interface Csrf {
  /**
   * @param given the token from a form, where there is one
   * @throws Problem `csrf_failed`
   */
  demand(request: CsrfRequest, given?: string): void;
  /** The same, and the answer says what it depended on. */
  demandOf(exchange: Exchange, given?: string): void;
  /** Takes the token out of a form, which goes on without it. Other bodies go on as they are. */
  takeField(call: EndpointCall): { readonly given: string | undefined; readonly body: RequestBody };
  /** The token for who asks, and the `Set-Cookie` field when its cookie isn't there yet. */
  issue(request: CsrfRequest): { readonly token: string; readonly setCookie: string | undefined };
}

/** What {@link createCsrf} is made of. */
export interface CsrfOptions {
  /** Own and trusted origins. */
  readonly trusted: ReadonlySet<string>;
  readonly jar: CookieJar;
  readonly tokens: CsrfTokens;
  /** The session that a refresh cookie names; `undefined` when it is none of ours. */
  readonly sessionOf: (refreshToken: string) => string | undefined;
  readonly names?: Pick<CookieNames, 'csrfHeader' | 'csrfField'>;
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FORM = /^application\/x-www-form-urlencoded *(;|$)/i;

/**
 * Makes it.
 * @throws TypeError naming the option that makes no sense
 */
export function createCsrf({ trusted, jar, tokens, sessionOf, names = {} }: CsrfOptions): Csrf {
  const { csrfHeader = 'X-CSRF-Token', csrfField = 'csrf_token' } = names;
  if (!TOKEN.test(csrfHeader))
    throw new TypeError(`cookies.names.csrfHeader is no header: ${JSON.stringify(csrfHeader)}`);
  if (csrfField === '') throw new TypeError('cookies.names.csrfField must not be empty');
  const header = csrfHeader.toLowerCase();

  const sessionIn = (headers: CsrfRequest['headers']): string => {
    const refreshToken = jar.read(headers, 'refresh');
    return (refreshToken === undefined ? undefined : sessionOf(refreshToken)) ?? '';
  };
  /** Whoever can plant a second refresh cookie makes both count as absent: who is signed in is not anonymous by that. */
  const isHidden = (headers: CsrfRequest['headers'], sessionId: string): boolean =>
    sessionId === '' && jar.read(headers, 'access') !== undefined;
  const isProven = ({ headers }: CsrfRequest, given: string | undefined): boolean => {
    const token = headers[header] ?? given;
    const cookie = jar.read(headers, 'csrf');
    if (typeof token !== 'string' || cookie === undefined) return false;
    const sessionId = sessionIn(headers);
    return !isHidden(headers, sessionId) && tokens.matches(token, cookie, sessionId);
  };
  const settle = (verdict: CsrfVerdict, request: CsrfRequest, given: string | undefined): void => {
    switch (verdict) {
      case 'bearer':
      case 'safe':
      case 'allowed':
        return;
      case 'token':
        if (isProven(request, given)) return;
        throw new Problem('csrf_failed', { detail: `Send the CSRF token in ${csrfHeader}.` });
      case 'refused':
        throw new Problem('csrf_failed', { detail: 'The request comes from a page of another origin.' });
    }
  };

  return {
    demand: (request, given) => settle(csrfVerdict(request, trusted), request, given),
    demandOf({ request, headers }, given) {
      const verdict = csrfVerdict(request, trusted);
      if (verdict !== 'bearer' && verdict !== 'safe') addVary(headers, 'Origin', 'Sec-Fetch-Site');
      settle(verdict, request, given);
    },
    takeField({ request, body }) {
      const { value } = body;
      if (!FORM.test(request.headers['content-type'] ?? '') || typeof value !== 'object' || value === null)
        return { given: undefined, body };
      const { [csrfField]: given, ...rest } = value as Readonly<Record<string, unknown>>;
      return { given: typeof given === 'string' ? given : undefined, body: { value: rest, raw: body.raw } };
    },
    issue({ headers }) {
      const sessionId = sessionIn(headers);
      const present = jar.read(headers, 'csrf');
      const kept = present === undefined ? undefined : tokens.issue(present, sessionId);
      if (kept !== undefined) return { token: kept, setCookie: undefined }; // other tabs hold tokens of this cookie
      const cookie = tokens.newCookie();
      return { token: tokens.issue(cookie, sessionId) ?? '', setCookie: jar.set('csrf', cookie) };
    },
  };
}
