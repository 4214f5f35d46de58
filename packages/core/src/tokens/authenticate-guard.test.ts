import { describe, expect, it } from 'vitest';
import {
  createProblemResponse,
  type Exchange,
  type HttpResponse,
  httpProblems,
  mergeProblems,
  type Principal,
} from '../http/index.ts';
import { StoreUnavailableError } from '../kernel/index.ts';
import type { AccessCheck } from './access-check.ts';
import { type AuthenticateOptions, authenticateGuard } from './authenticate-guard.ts';
import { tokenProblems, tokenRefused } from './token-problems.ts';

const alice: Principal = {
  subject: 'alice',
  tenant: '',
  sessionId: '01890a5d-ac96-774b-bcce-b302099a8057',
  scopes: new Set(['orders:read']),
  tier: 'free',
  claims: {},
};
const tiers = { free: { rank: 0 }, pro: { rank: 1 }, sovereign: { rank: 2 } };

function exchangeWith(authorization: unknown, tenant = ''): Exchange {
  return {
    request: {
      method: 'GET',
      target: '/orders',
      route: '/orders',
      headers: {
        ...(authorization !== undefined && { authorization: authorization as string }),
        'user-agent': 'curl/8',
      },
      ip: '192.0.2.7',
      arrivedAt: 0,
      gone: false,
    },
    context: { requestId: 'request-1', tenant },
    headers: {},
  };
}

const respond = createProblemResponse({ catalogue: mergeProblems(httpProblems, tokenProblems) });

/** What leaves when the guard stands alone at the door; `undefined` when it lets pass. */
async function answer(
  options: Partial<AuthenticateOptions>,
  authorization: unknown,
  exchange = exchangeWith(authorization),
): Promise<HttpResponse | undefined> {
  const guard = authenticateGuard({ check: () => alice, ...options });
  try {
    expect(await guard(exchange)).toBeUndefined();
    return undefined;
  } catch (error) {
    return respond(error, exchange);
  }
}
const textOf = (response: HttpResponse | undefined): string => Buffer.from(response?.body as Uint8Array).toString();
const told = (response: HttpResponse | undefined) => ({
  status: response?.status,
  code: (JSON.parse(textOf(response)) as { code: string }).code,
  challenge: response?.headers['www-authenticate'],
});

describe('credentials', () => {
  it.each<[string, unknown]>([
    ['no Authorization', undefined],
    ['an empty one', ''],
    ['the Basic of a staging proxy', 'Basic YTpi'],
    ['a scheme that only begins like ours', 'Bearerish abc'],
    ['a token without scheme', 'eyJhbGciOiJFZERTQSJ9.e30.AAAA'],
  ])('%s: token_missing, and a challenge without error', async (_name, authorization) => {
    expect(told(await answer({}, authorization))).toEqual({ status: 401, code: 'token_missing', challenge: 'Bearer' });
  });

  it.each<[string, unknown]>([
    ['a scheme without token', 'Bearer'],
    ['a scheme and spaces', 'Bearer   '],
    ['two headers as a list', ['Bearer abc', 'Bearer def']],
  ])('%s: invalid_token', async (_name, authorization) => {
    expect(told(await answer({}, authorization))).toEqual({
      status: 401,
      code: 'invalid_token',
      challenge: 'Bearer error="invalid_token"',
    });
  });

  it.each(['Bearer abc.def', 'bearer abc.def', 'BEARER abc.def', 'Bearer    abc.def'])(
    '%s: the scheme has no case (RFC 9110 section 11.1), and one or more spaces follow',
    async (authorization) => {
      const seen: string[] = [];
      const check: AccessCheck = (token) => {
        seen.push(token);
        return alice;
      };
      expect(await answer({ check }, authorization)).toBeUndefined();
      expect(seen).toEqual(['abc.def']);
    },
  );
});

it('the principal is in the context when the guard has passed, and not when it has refused', async () => {
  const passed = exchangeWith('Bearer good');
  expect(await answer({}, undefined, passed)).toBeUndefined();
  expect(passed.context.principal).toBe(alice);
  const refused = exchangeWith('Bearer good');
  await answer({ scopes: ['orders:write'] }, undefined, refused);
  expect(refused.context.principal).toBeUndefined();
});

it('a memoised token passes without a promise, another with one', () => {
  expect(authenticateGuard({ check: () => alice })(exchangeWith('Bearer good'))).toBeUndefined();
  expect(authenticateGuard({ check: async () => alice })(exchangeWith('Bearer good'))).toBeInstanceOf(Promise);
});

it('the check is told tenant, strictness, and on demand where the call comes from', async () => {
  const seen: unknown[] = [];
  const check: AccessCheck = (_token, { tenant, strict, origin }) => {
    seen.push({ tenant, strict, origin: origin() });
    return { ...alice, tenant };
  };
  await answer({ check, strict: true }, undefined, exchangeWith('Bearer good', 'acme'));
  const origin = { ip: '192.0.2.7', userAgent: 'curl/8', requestId: 'request-1' };
  expect(seen).toEqual([{ tenant: 'acme', strict: true, origin }]);
});

it('a principal of another tenant is refused, whatever the check says', async () => {
  expect(told(await answer({}, undefined, exchangeWith('Bearer good', 'acme'))).code).toBe('invalid_token');
});

describe.each([
  [
    'at once',
    (error: Error): AccessCheck =>
      () => {
        throw error;
      },
  ],
  [
    'later',
    (error: Error): AccessCheck =>
      () =>
        Promise.reject(error),
  ],
])('a check that refuses %s', (_when, refusing) => {
  it.each(['invalid_token', 'token_expired', 'token_stale', 'token_superseded'] as const)(
    '%s is invalid_token on the wire (RFC 6750)',
    async (refusal) => {
      const response = await answer({ check: refusing(tokenRefused(refusal, 'revoked long ago')) }, 'Bearer old');
      expect(told(response)).toEqual({ status: 401, code: refusal, challenge: 'Bearer error="invalid_token"' });
      expect(textOf(response)).not.toContain('revoked');
    },
  );

  it('because a store is away: 503 with Retry-After, never 401', async () => {
    const response = await answer({ check: refusing(new StoreUnavailableError('postgres', 'gone')) }, 'Bearer good');
    expect(told(response)).toEqual({ status: 503, code: 'store_unavailable', challenge: undefined });
    expect(response?.headers['retry-after']).toBe('1');
    expect(textOf(response)).not.toContain('postgres');
  });

  it('because of a fault in it: 500 without a message', async () => {
    const response = await answer({ check: refusing(new Error('boom')) }, 'Bearer good');
    expect(told(response)).toMatchObject({ status: 500, code: 'internal' });
    expect(textOf(response)).not.toContain('boom');
  });
});

describe('scopes', () => {
  it('all that are demanded must be there', async () => {
    expect(await answer({ scopes: ['orders:read'] }, 'Bearer good')).toBeUndefined();
    expect(told(await answer({ scopes: ['orders:read', 'orders:write'] }, 'Bearer good'))).toEqual({
      status: 403,
      code: 'insufficient_scope',
      challenge: 'Bearer error="insufficient_scope", scope="orders:read orders:write"',
    });
  });

  it.each(['', 'two words', 'a"b', 'a\\b', 'ä'])('%j is refused at declaration', (scope) => {
    expect(() => authenticateGuard({ check: () => alice, scopes: [scope] })).toThrow(/^policy\.scope must be/);
  });
});

describe('tiers', () => {
  it.each([
    ['free', 'free', true],
    ['pro', 'free', true],
    ['free', 'pro', false],
    ['sovereign', 'pro', true],
    ['pro', 'sovereign', false],
    ['a tier that is no longer configured', 'free', false],
  ])('%s where %s is demanded: let in is %s', async (tier, demanded, letIn) => {
    const response = await answer({ check: () => ({ ...alice, tier }), tier: demanded, tiers }, 'Bearer good');
    if (letIn) expect(response).toBeUndefined();
    else expect(told(response)).toEqual({ status: 403, code: 'insufficient_tier', challenge: undefined });
  });

  it('scope is looked at before tier', async () => {
    const response = await answer({ scopes: ['orders:write'], tier: 'pro', tiers }, 'Bearer good');
    expect(told(response).code).toBe('insufficient_scope');
  });

  it.each([
    ['gold', tiers],
    ['toString', tiers],
    ['free', undefined],
  ])('%s, not configured, is refused at declaration', (tier, configured) => {
    const options = { check: () => alice, tier, ...(configured && { tiers: configured }) };
    expect(() => authenticateGuard(options)).toThrow(/^policy\.tier must be one of/);
  });
});
