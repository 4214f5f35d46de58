import type { HttpRequest } from '../http/index.ts';
import { originOfUrl } from './web-origin.ts';

/**
 * `bearer`: the credential is in `Authorization`, which no other site can make a browser send; cookies are ignored.
 * `safe`: the method changes nothing. `allowed`, `refused`: the browser has told where the request comes from.
 * `token`: it has not; a CSRF token must prove it.
 */
export type CsrfVerdict = 'bearer' | 'safe' | 'allowed' | 'refused' | 'token';

/** As much of a request as the decision needs. */
export type CsrfRequest = Pick<HttpRequest, 'method' | 'headers'>;

interface CsrfFacts {
  readonly request: CsrfRequest;
  /** `undefined` where the browser says nothing: no `Origin`, or the opaque `null`. */
  readonly origin: string | undefined;
  readonly site: string | undefined;
  /** The origin of `Referer`; `null` where it holds none. */
  readonly referer: () => string | null | undefined;
  readonly isTrusted: (origin: string) => boolean;
}

interface CsrfRule {
  readonly verdict: CsrfVerdict;
  readonly when: (facts: CsrfFacts) => boolean;
}

/** Whether `Authorization` has a scheme of ours. Others, such as a staging proxy's Basic, say nothing about the caller. */
export function isBearerMode({ authorization }: CsrfRequest['headers']): boolean {
  return authorization !== undefined && /^(bearer|dpop)(?: |$)/i.test(authorization);
}

/**
 * The CSRF table of docs/cookies-and-csrf.md for a request with cookie credentials: first match wins. A handshake of an
 * upgrade (WebSocket) is a GET and opens a line that both ways can write to, and no CORS guards it (RFC 6455 section 10.2).
 */
export const csrfTable: readonly CsrfRule[] = [
  { verdict: 'bearer', when: ({ request }) => isBearerMode(request.headers) },
  { verdict: 'safe', when: ({ request }) => isSafe(request.method) && request.headers.upgrade === undefined },
  { verdict: 'allowed', when: ({ origin, isTrusted }) => origin !== undefined && isTrusted(origin) },
  { verdict: 'allowed', when: ({ site }) => site === 'same-origin' },
  { verdict: 'refused', when: ({ site }) => site !== undefined && site !== 'none' }, // also what no browser says today
  { verdict: 'refused', when: ({ origin }) => origin !== undefined },
  { verdict: 'token', when: ({ referer }) => referer() === undefined },
  { verdict: 'allowed', when: ({ referer, isTrusted }) => isTrusted(referer() ?? '') },
];

/**
 * Decides whether a request with cookie credentials comes from pages that may make it.
 *
 * @param trusted own and trusted origins
 */
export function csrfVerdict(request: CsrfRequest, trusted: ReadonlySet<string>): CsrfVerdict {
  const { origin, referer, 'sec-fetch-site': site } = request.headers;
  const facts: CsrfFacts = {
    request,
    origin: origin === 'null' ? undefined : origin,
    site: typeof site === 'string' ? site.toLowerCase() : undefined,
    // for the last rows only: taking a URL apart costs more than all the others
    referer: () => (referer === undefined ? undefined : (originOfUrl(referer) ?? null)),
    isTrusted: (one) => trusted.has(one),
  };
  return csrfTable.find(({ when }) => when(facts))?.verdict ?? 'refused';
}

function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
}
