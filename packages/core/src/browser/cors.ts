import type { Headers, HttpRequest } from '../http/index.ts';
import { type Duration, durationMs } from '../kernel/index.ts';

/** What may be set about CORS. */
export interface CorsOptions {
  /** Default `GET, HEAD, POST, PUT, PATCH, DELETE`. */
  readonly methods?: readonly string[];
  /** Request headers that pages may send. Default those that this library reads, and `Content-Type`. */
  readonly allowedHeaders?: readonly string[];
  /** Answer headers that pages may read. Default those that this library sends. */
  readonly exposedHeaders?: readonly string[];
  /** Whether cookies go along. Default: in cookie mode. */
  readonly credentials?: boolean;
  /** How long a browser may remember a preflight. Default 10 minutes. */
  readonly maxAge?: Duration;
}

/**
 * `pass`: goes on, and these headers leave with every answer. `preflight`: these are the answer (204). `refused`: a
 * preflight of an origin that isn't listed.
 */
export interface CorsVerdict {
  readonly outcome: 'pass' | 'preflight' | 'refused';
  readonly headers: Headers;
}

/** Decides about one request. */
export type Cors = (request: Pick<HttpRequest, 'method' | 'headers'>) => CorsVerdict;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const ALLOWED = ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'If-None-Match', 'X-Request-Id'];
const EXPOSED = ['ETag', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'WWW-Authenticate', 'X-Request-Id'];
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * CORS by the Fetch standard (section 3.3), for listed origins and no others: never `*`, and no allow header for
 * anybody else. A simple request of another origin goes on without headers: its page can't read the answer, and what
 * it may do with cookies is decided where they are read.
 *
 * @param origins own and trusted origins
 * @param mode whether cookie mode is on; its CSRF header is allowed then
 * @throws TypeError naming the option that makes no sense
 */
export function createCors(
  origins: ReadonlySet<string>,
  options: CorsOptions,
  { cookies, csrfHeader = 'X-CSRF-Token' }: { readonly cookies: boolean; readonly csrfHeader?: string | undefined },
): Cors {
  const { maxAge = '10m', credentials = cookies } = options;
  const list = (name: 'methods' | 'allowedHeaders' | 'exposedHeaders', fallback: readonly string[]): string => {
    const names = options[name] ?? fallback;
    for (const one of names)
      if (!TOKEN.test(one) || one === '*')
        throw new TypeError(`cors.${name} must hold names, not ${JSON.stringify(one)}`); // `*` says nothing with credentials
    return names.join(', ');
  };
  const allowedHeaders = list('allowedHeaders', cookies ? [...ALLOWED, csrfHeader] : ALLOWED);
  const exposedHeaders = list('exposedHeaders', EXPOSED);
  const ofPreflight: Headers = {
    'access-control-allow-methods': list('methods', METHODS),
    ...(allowedHeaders !== '' && { 'access-control-allow-headers': allowedHeaders }),
    'access-control-max-age': String(Math.floor(durationMs(maxAge, 'cors.maxAge') / 1000)),
  };
  const ofAnswer: Headers = exposedHeaders === '' ? {} : { 'access-control-expose-headers': exposedHeaders };

  const listed = new Map<string, Readonly<Record<'pass' | 'preflight', CorsVerdict>>>();
  for (const origin of origins) {
    const headers: Headers = {
      'access-control-allow-origin': origin,
      ...(credentials && { 'access-control-allow-credentials': 'true' }),
      vary: 'Origin',
    };
    listed.set(origin, {
      pass: { outcome: 'pass', headers: { ...headers, ...ofAnswer } },
      preflight: { outcome: 'preflight', headers: { ...headers, ...ofPreflight } },
    });
  }
  const vary: Headers = { vary: 'Origin' };
  const unlisted = {
    pass: { outcome: 'pass', headers: vary },
    preflight: { outcome: 'refused', headers: vary },
  } as const;

  return ({ method, headers }) => {
    const { origin } = headers;
    // an OPTIONS request without these two is the app's own
    const kind =
      method === 'OPTIONS' && origin !== undefined && headers['access-control-request-method'] !== undefined
        ? 'preflight'
        : 'pass';
    return ((origin === undefined ? undefined : listed.get(origin)) ?? unlisted)[kind];
  };
}
