import { beforeEach, describe, expect, it } from 'vitest';
import { type Exchange, type HttpResponse, type Principal, Problem } from '../http/index.ts';
import { StoreUnavailableError } from '../kernel/index.ts';
import { authenticateGuard } from './authenticate-guard.ts';
import type { CookieCredentials, Revival } from './cookie-credentials.ts';
import { tokenRefused } from './token-problems.ts';

const alice: Principal = { subject: 'alice', tenant: '', sessionId: 's', scopes: new Set(), tier: 'free', claims: {} };
const exchangeWith = (authorization?: string, tenant = ''): Exchange => ({
  request: {
    method: 'GET',
    target: '/',
    route: '/',
    headers: { ...(authorization !== undefined && { authorization }) },
    ip: '192.0.2.7',
    arrivedAt: 0,
    gone: false,
  },
  context: { requestId: 'request-1', tenant },
  headers: {},
});

let asked: string[];
beforeEach(() => {
  asked = [];
});
const cookies = (token: string | undefined, revive?: () => Promise<Revival> | undefined): CookieCredentials => ({
  accessToken() {
    asked.push('cookie');
    return token;
  },
  ...(revive && { revive }),
});
const check = (token: string): Principal => {
  asked.push(token);
  if (token !== 'good') throw tokenRefused('token_expired');
  return alice;
};
const after = (response: HttpResponse): HttpResponse => response;
const revived =
  (principal: Principal = alice) =>
  async (): Promise<Revival> => {
    asked.push('revive');
    return { principal, after };
  };

describe('an access token in a cookie', () => {
  it('is taken where there is no token of ours in Authorization, and the context tells', () => {
    for (const authorization of [undefined, 'Basic YTpi', 'Bearerish x', '']) {
      const exchange = exchangeWith(authorization);
      expect(authenticateGuard({ check, cookies: cookies('good') })(exchange)).toBeUndefined(); // without a promise
      expect(exchange.context).toMatchObject({ principal: alice, byCookie: true });
    }
  });

  it.each(['Bearer bad', 'bearer bad', 'Bearer', 'DPoP good', 'dpop'])('is not looked at beside %s', async (header) => {
    const guard = authenticateGuard({ check, cookies: cookies('good', revived()) });
    await expect((async () => guard(exchangeWith(header)))()).rejects.toBeInstanceOf(Problem);
    expect(asked).not.toContain('cookie');
    expect(asked).not.toContain('revive');
  });

  it('of a bearer the context tells nothing', async () => {
    const exchange = exchangeWith('Bearer good');
    await authenticateGuard({ check, cookies: cookies('good') })(exchange);
    expect(exchange.context.byCookie).toBeUndefined();
  });

  it('that is missing is token_missing', async () => {
    await expect(authenticateGuard({ check, cookies: cookies(undefined) })(exchangeWith())).rejects.toMatchObject({
      code: 'token_missing',
    });
  });

  it('of another tenant is refused', () => {
    const exchange = exchangeWith(undefined, 'acme');
    expect(() => authenticateGuard({ check, cookies: cookies('good') })(exchange)).toThrow(Problem);
    expect(exchange.context.byCookie).toBeUndefined();
  });

  it('another site’s request is refused before the token is looked at', () => {
    const refusing: CookieCredentials = {
      accessToken() {
        throw new Problem('csrf_failed');
      },
      revive: revived(),
    };
    expect(() => authenticateGuard({ check, cookies: refusing })(exchangeWith())).toThrow(Problem);
    expect(asked).toEqual([]);
  });
});

describe('a page request', () => {
  it.each([undefined, 'expired'])('with the access token %s is signed in by its refresh token', async (token) => {
    const exchange = exchangeWith();
    const verdict = await authenticateGuard({ check, cookies: cookies(token, revived()) })(exchange);
    expect([verdict, exchange.context.byCookie, exchange.context.principal]).toEqual([after, true, alice]);
  });

  it('with a live access token is not', async () => {
    expect(await authenticateGuard({ check, cookies: cookies('good', revived()) })(exchangeWith())).toBeUndefined();
    expect(asked).toEqual(['cookie', 'good']);
  });

  it('that lacks a scope is not: a refresh would not help', async () => {
    const guard = authenticateGuard({ check, scopes: ['admin'], cookies: cookies('good', revived()) });
    await expect((async () => guard(exchangeWith()))()).rejects.toMatchObject({ code: 'insufficient_scope' });
    const late = authenticateGuard({ check: async () => alice, scopes: ['admin'], cookies: cookies('x', revived()) });
    await expect(late(exchangeWith())).rejects.toMatchObject({ code: 'insufficient_scope' });
    expect(asked).not.toContain('revive');
  });

  it('of a caller whose tier or tenant is another after the refresh is refused like any', async () => {
    const guard = authenticateGuard({ check, cookies: cookies(undefined, revived({ ...alice, tenant: 'acme' })) });
    await expect(guard(exchangeWith())).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('while a store is away is a 503: nothing is refreshed because nothing is known', async () => {
    const away = async (): Promise<Principal> => Promise.reject(new StoreUnavailableError('postgres', 'gone'));
    const guard = authenticateGuard({ check: away, cookies: cookies('good', revived()) });
    await expect(guard(exchangeWith())).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(asked).not.toContain('revive');
  });

  it('that cannot be refreshed keeps its refusal', async () => {
    const guard = authenticateGuard({ check, cookies: cookies('expired', () => undefined) });
    await expect(guard(exchangeWith())).rejects.toMatchObject({ code: 'token_expired' });
  });
});
