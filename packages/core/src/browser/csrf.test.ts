import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, it } from 'vitest';
import { type EndpointCall, type Exchange, Problem } from '../http/index.ts';
import { randomBytes } from '../kernel/index.ts';
import { createCookieJar } from './cookie-jar.ts';
import { type Csrf, createCsrf } from './csrf.ts';
import { createCsrfTokens } from './csrf-token.ts';

const key = {
  id: 1,
  mac: (...parts: readonly Uint8Array[]) => createHmac('sha256', 'k').update(Buffer.concat(parts)).digest(),
};
const jar = createCookieJar({});
const make = (names: { readonly csrfHeader?: string; readonly csrfField?: string } = {}): Csrf =>
  createCsrf({
    trusted: new Set(['https://api.example.com']),
    jar,
    tokens: createCsrfTokens({ active: key, find: (id) => (id === 1 ? key : undefined) }, randomBytes),
    sessionOf: (token) => (token.startsWith('good-') ? token.slice(5) : undefined),
    names,
  });
const csrf = make();
const post = (headers: IncomingHttpHeaders) => ({ method: 'POST', headers });
const refused = (act: () => void): string | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof Problem ? error.code : String(error);
  }
};
/** A browser that has been to `GET /csrf`. */
function browser(refresh?: string) {
  const before = refresh === undefined ? '' : `__Host-Http-castellan-rt=${refresh}`;
  const { token, setCookie } = csrf.issue({ method: 'GET', headers: { cookie: before } });
  return { token, cookie: [before, setCookie?.split(';')[0]].filter(Boolean).join('; ') };
}

describe('a request that shows nothing of where it comes from', () => {
  it.each([undefined, 'good-s1', 'forged'])('passes with the token of its cookie (refresh cookie: %s)', (refresh) => {
    const { token, cookie } = browser(refresh);
    expect(refused(() => csrf.demand(post({ cookie, 'x-csrf-token': token })))).toBeUndefined();
    expect(refused(() => csrf.demand(post({ cookie }), token))).toBeUndefined();
  });

  it('is refused without the token, with a wrong one, without the cookie, or with two of them', () => {
    const { token, cookie } = browser();
    for (const headers of [
      { cookie },
      { cookie, 'x-csrf-token': 'x' },
      { cookie, 'x-csrf-token': `${token}, ${token}` },
      { 'x-csrf-token': token },
      { cookie: `${cookie}; ${cookie}`, 'x-csrf-token': token },
    ])
      expect(refused(() => csrf.demand(post(headers)))).toBe('csrf_failed');
  });

  it('is refused with the token of another session, or of the time before the sign-in', () => {
    const before = browser();
    const cookie = `${before.cookie}; __Host-Http-castellan-rt=good-s1`;
    expect(refused(() => csrf.demand(post({ cookie, 'x-csrf-token': before.token })))).toBe('csrf_failed');
  });

  it('is refused with a token of nobody beside an access cookie, whatever hides the refresh cookie', () => {
    const { token, cookie } = browser();
    const signedIn = `${cookie}; __Host-Http-castellan-at=a.b.c`;
    const rt = '__Host-Http-castellan-rt';
    for (const hidden of ['', `; ${rt}=good-s1; ${rt}=planted`, `; ${rt}=forged`])
      expect(refused(() => csrf.demand(post({ cookie: signedIn + hidden, 'x-csrf-token': token })))).toBe(
        'csrf_failed',
      );
  });

  it('a header that is wrong is not made good by a form', () => {
    const { token, cookie } = browser();
    expect(refused(() => csrf.demand(post({ cookie, 'x-csrf-token': 'x' }), token))).toBe('csrf_failed');
  });
});

it('a token is no help for a page of another origin', () => {
  const { token, cookie } = browser();
  const headers = { cookie, 'x-csrf-token': token, origin: 'https://evil.example' };
  expect(refused(() => csrf.demand(post(headers)))).toBe('csrf_failed');
});

it('the cookie of a browser stays, so that the tokens of other tabs do', () => {
  const first = browser();
  const second = csrf.issue({ method: 'GET', headers: { cookie: first.cookie } });
  expect(second).toEqual({ token: first.token, setCookie: undefined });
  const planted = csrf.issue({ method: 'GET', headers: { cookie: '__Host-castellan-csrf=planted' } });
  expect(planted.setCookie).toMatch(/^__Host-castellan-csrf=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
});

it('the answer says what was looked at, where it was', () => {
  const exchangeOf = (method: string, headers: IncomingHttpHeaders): Exchange =>
    ({ request: { method, headers }, context: {}, headers: { vary: 'Origin' } }) as unknown as Exchange;
  const asked = exchangeOf('POST', { origin: 'https://evil.example' });
  expect(refused(() => csrf.demandOf(asked))).toBe('csrf_failed');
  expect(asked.headers).toEqual({ vary: 'Origin, Sec-Fetch-Site' });
  for (const [method, headers] of [
    ['GET', {}],
    ['POST', { authorization: 'Bearer x' }],
  ] as const) {
    const exchange = exchangeOf(method, headers);
    csrf.demandOf(exchange);
    expect(exchange.headers).toEqual({ vary: 'Origin' });
  }
});

describe('a form', () => {
  const call = (type: string, value: unknown): EndpointCall =>
    ({ request: { headers: { 'content-type': type } }, body: { value, raw: undefined } }) as unknown as EndpointCall;
  const FORM = 'application/x-www-form-urlencoded';

  it('brings its token in a field, and goes on without it', () => {
    const taken = csrf.takeField(call(`${FORM}; charset=utf-8`, { csrf_token: 't', email: 'a' }));
    expect(taken).toEqual({ given: 't', body: { value: { email: 'a' }, raw: undefined } });
  });

  it.each([
    ['application/json', { csrf_token: 't' }],
    [FORM, undefined],
    [`${FORM}x`, { csrf_token: 't' }],
  ])('%s with %j has none', (type, value) => {
    expect(csrf.takeField(call(type, value))).toEqual({ given: undefined, body: { value, raw: undefined } });
  });
});

describe('names', () => {
  it('of header and field may be chosen', () => {
    const own = make({ csrfHeader: 'X-XSRF-Token', csrfField: '_csrf' });
    const { token, cookie } = browser();
    expect(refused(() => own.demand(post({ cookie, 'x-xsrf-token': token })))).toBeUndefined();
    expect(refused(() => own.demand(post({ cookie, 'x-csrf-token': token })))).toBe('csrf_failed');
  });
  it.each([[{ csrfHeader: 'X CSRF' }], [{ csrfHeader: '' }], [{ csrfField: '' }]])('%j is refused', (names) => {
    expect(() => make(names)).toThrow(/cookies\.names\.csrf/);
  });
});
