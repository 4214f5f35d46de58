import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { testExchange } from '../../../tests/support/exchanges.ts';
import type { Guard } from './http/index.ts';
import { compilePolicy, type GuardMakers, type Policy } from './policy.ts';

const made: string[] = [];
const makers: GuardMakers = {
  tiers: ['free', 'pro'],
  actions: ['order.create'],
  audit: (action) => {
    const guard = (): void => {};
    made.push(`audit ${action}`);
    return guard;
  },
  authenticate: (demand) => {
    const guard = (): void => {};
    made.push(`authenticate ${demand.scopes.join('+')} ${demand.tier} ${demand.strict}`);
    return guard;
  },
  limit: ({ byTier, own }) => {
    const names = own.map(({ name }) => name);
    if (names.length > 0 || !byTier) made.push(`limit ${byTier ? 'with' : 'without'} tier ${names.join()}`);
    const guard = (): void => {};
    return { head: names.length > 0 ? [guard] : [], body: own.some(({ by }) => by === 'email') ? [guard] : [] };
  },
};
const compile = (policy?: object): string[] => {
  made.length = 0;
  compilePolicy(policy as Policy | undefined, makers);
  return [...made];
};

describe('a policy', () => {
  test('protects by default', () => {
    expect(compile()).toEqual(['authenticate  undefined false']);
    expect(compile({})).toEqual(['authenticate  undefined false']);
  });
  test('audit stands before authentication, whatever order the members are written in', () => {
    expect(compile({ scope: ['a', 'b'], tier: 'pro', revocation: 'strict', audit: 'order.create' })).toEqual([
      'audit order.create',
      'authenticate a+b pro true',
    ]);
  });
  test('of a public route asks for nobody', () =>
    expect(compile({ public: true, audit: 'order.create' })).toEqual(['audit order.create']));
  test("the app's own guards stand after authentication, in their order, on a public route too", () => {
    const seen: string[] = [];
    const first: Guard = () => void seen.push('first');
    const second: Guard = () => void seen.push('second');
    const { head } = compilePolicy({ guards: [first, second] }, makers);
    expect(head).toHaveLength(3);
    for (const guard of head.slice(1)) guard(testExchange());
    expect(seen).toEqual(['first', 'second']);
    const open = compilePolicy({ public: true, guards: [first] }, makers).head;
    open[0]?.(testExchange());
    expect([open.length, seen[2]]).toEqual([1, 'first']);
  });
  test('with a body schema reads JSON; without one no body is waited for', () => {
    expect(compilePolicy({ body: z.strictObject({}) }, makers)).toMatchObject({
      body: [expect.any(Function)],
      reads: ['json'],
    });
    expect(compilePolicy({}, makers)).toMatchObject({ body: [], reads: [] });
  });
  test('adds its limits to those of the tier, behind authentication and before the own guards', () => {
    const seen: string[] = [];
    const own: Guard = () => void seen.push('own');
    expect(compile({ limit: ['10/1m', { quota: '1000/1d', name: 'day' }] })).toContain('limit with tier 10/1m,day');
    const { head } = compilePolicy({ limit: '10/1m', guards: [own] }, makers);
    expect(head).toHaveLength(3);
    head[2]?.(testExchange());
    expect(seen).toEqual(['own']);
  });
  test('without limits says so', () => expect(compile({ limit: false })).toContain('limit without tier '));
  test('a limit by the body stands before its schema, and waits for a body of itself', () => {
    const limit = { window: '3/1h', by: 'email' } as const;
    expect(compilePolicy({ limit }, makers)).toMatchObject({ body: [expect.any(Function)], reads: ['json', 'form'] });
    expect(compilePolicy({ limit, body: z.strictObject({}) }, makers)).toMatchObject({ reads: ['json'] });
  });
  test.each([
    [{ limit: '0/1m' }, 'policy.limit must be'],
    [{ limit: ['60/1m', '60/1x'] }, 'policy.limit[1]'],
    [{ limit: { window: '5/1m', cost: 6 } }, 'policy.limit.cost'],
    [{ limit: true }, 'policy.limit'],
    [{ public: true, scope: 'a' }, 'policy.public'],
    [{ public: true, tier: 'pro' }, 'policy.public'],
    [{ public: false }, 'policy.public'],
    [{ tier: 'gold' }, 'policy.tier'],
    [{ scope: 'two words' }, 'policy.scope'],
    [{ scope: '' }, 'policy.scope'],
    [{ audit: 'order.burn' }, 'policy.audit'],
    [{ revocation: 'lax' }, 'policy.revocation'],
    [{ route: 'orders' }, 'policy.route'],
    [{ body: { total: 'number' } }, 'policy.body'],
    [{ body: null }, 'policy.body'],
    [{ body: { '~standard': { version: 2, vendor: 'x', validate: () => ({ value: 1 }) } } }, 'policy.body'],
    [{ guards: () => {} }, 'policy.guards'],
    [{ guards: [undefined] }, 'policy.guards'],
    [{ scopes: ['a'] }, 'policy.scopes'],
  ])('%j is a TypeError that names the member', (policy, name) => {
    expect(() => compile(policy)).toThrow(TypeError);
    expect(() => compile(policy)).toThrow(name);
  });
});
