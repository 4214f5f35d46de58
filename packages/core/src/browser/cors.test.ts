import type { IncomingMessage, ServerResponse } from 'node:http';
import corsPackage from 'cors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CorsOptions, createCors } from './cors.ts';

const OWN = 'https://api.example.com';
const APP = 'https://app.example.com';
const EVIL = 'https://evil.example';
const origins = new Set([OWN, APP]);

interface Asked {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
}
const preflight = (origin: string, method = 'PUT'): Asked => ({
  method: 'OPTIONS',
  headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'x-a' },
});

/** What the `cors` package does: its headers, and whether it has answered. */
function peer(options: CorsOptions, asked: Asked) {
  const headers: Record<string, string> = {};
  let answered = false;
  const response = {
    statusCode: 200,
    getHeader: (name: string) => headers[name.toLowerCase()],
    setHeader(name: string, value: string) {
      headers[name.toLowerCase()] = value;
    },
    end() {
      answered = true;
    },
  };
  const settings = {
    origin: [...origins],
    methods: [...(options.methods ?? [])],
    allowedHeaders: [...(options.allowedHeaders ?? [])],
    exposedHeaders: [...(options.exposedHeaders ?? [])],
    credentials: options.credentials ?? false,
    maxAge: 600,
  };
  corsPackage(settings)(asked as unknown as IncomingMessage as never, response as unknown as ServerResponse, () => {});
  return { headers, status: answered ? response.statusCode : undefined };
}

/** What would leave of ours. */
function ours(options: CorsOptions, asked: Asked) {
  const { outcome, headers } = createCors(origins, options, { cookies: false })(asked);
  const lists = Object.entries(headers).map(([name, value]) => [name, String(value).replaceAll(', ', ',')]);
  return { headers: Object.fromEntries(lists), status: { pass: undefined, preflight: 204, refused: 403 }[outcome] };
}

describe('beside the cors package', () => {
  const names = fc.uniqueArray(fc.constantFrom('GET', 'PUT', 'X-A', 'X-B', 'ETag'), { minLength: 1 });
  const options: fc.Arbitrary<CorsOptions> = fc.record({
    methods: names,
    allowedHeaders: names,
    exposedHeaders: names,
    credentials: fc.boolean(),
  });
  const listed = fc.constantFrom(OWN, APP);

  it('a listed origin gets the same answer to a preflight, but for the headers that only an answer needs', () => {
    fc.assert(
      fc.property(options, listed, (chosen, origin) => {
        const { headers, status } = peer(chosen, preflight(origin));
        // Fetch section 3.3.3: what pages may read is asked of the answer itself; a body length is none of CORS
        const { 'access-control-expose-headers': _exposed, 'content-length': _length, ...same } = headers;
        expect(ours(chosen, preflight(origin))).toEqual({ headers: same, status });
      }),
      { numRuns: 300 },
    );
  });

  it('a listed origin gets the same headers with every other request', () => {
    fc.assert(
      fc.property(options, listed, fc.constantFrom('GET', 'POST', 'DELETE'), (chosen, origin, method) => {
        const asked = { method, headers: { origin } };
        expect(ours(chosen, asked)).toEqual(peer(chosen, asked));
      }),
      { numRuns: 300 },
    );
  });

  it('any other origin differs in three ways: no header but Vary, a preflight is refused', () => {
    const other = fc.oneof(
      fc.constantFrom('null', EVIL, `${APP}.evil.example`, 'https://APP.example.com', `${APP}:443`, `${APP}/`, '*', ''),
      fc.webUrl().map((url) => new URL(url).origin),
    );
    fc.assert(
      fc.property(options, other, fc.boolean(), (chosen, origin, asks) => {
        const asked = asks ? preflight(origin) : { method: 'POST', headers: { origin } };
        expect(peer(chosen, asked).headers['access-control-allow-origin']).toBeUndefined();
        expect(ours(chosen, asked)).toEqual({ headers: { vary: 'Origin' }, status: asks ? 403 : undefined });
      }),
      { numRuns: 300 },
    );
  });

  it('a request without Origin differs in one: it is told nothing but Vary', () => {
    const chosen = { methods: ['GET'], credentials: true };
    const asked = { method: 'GET', headers: {} };
    expect(peer(chosen, asked).headers).toEqual({ vary: 'Origin', 'access-control-allow-credentials': 'true' });
    expect(ours(chosen, asked).headers).toEqual({ vary: 'Origin' });
  });

  it("an OPTIONS request that is no preflight is the app's own; the package answers it", () => {
    for (const headers of [{ origin: APP }, { 'access-control-request-method': 'PUT' }, {}] as const) {
      const asked = { method: 'OPTIONS', headers: headers as Asked['headers'] };
      expect(peer({ methods: ['GET'] }, asked).status).toBe(204);
      expect(ours({ methods: ['GET'] }, asked).status).toBeUndefined();
    }
  });
});

describe('defaults', () => {
  const asked = { method: 'GET', headers: { origin: APP } };
  it('let pages send what this library reads, and read what it sends', () => {
    const cors = createCors(origins, {}, { cookies: false });
    expect(cors(preflight(APP)).headers).toEqual({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers':
        'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id',
      'access-control-max-age': '600',
      vary: 'Origin',
    });
    expect(cors(asked).headers).toEqual({
      'access-control-allow-origin': APP,
      'access-control-expose-headers': 'ETag, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id',
      vary: 'Origin',
    });
  });

  it('in cookie mode cookies go along, and the CSRF header by its name', () => {
    const cors = createCors(origins, {}, { cookies: true, csrfHeader: 'X-XSRF' });
    expect(cors(asked).headers['access-control-allow-credentials']).toBe('true');
    expect(cors(preflight(APP)).headers['access-control-allow-headers']).toMatch(/, X-XSRF$/);
    expect(createCors(origins, { credentials: false }, { cookies: true })(asked).headers).not.toHaveProperty(
      'access-control-allow-credentials',
    );
  });
});

it.each<[string, CorsOptions]>([
  ['cors.methods', { methods: ['GET, POST'] }],
  ['cors.allowedHeaders', { allowedHeaders: ['*'] }],
  ['cors.exposedHeaders', { exposedHeaders: ['X-A\r\nX-B: 1'] }],
  ['cors.maxAge', { maxAge: '10 minutes' as never }],
])('a bad %s is a TypeError that names it', (path, options) => {
  expect(() => createCors(origins, options, { cookies: false })).toThrow(path);
});
