import { describe, expect, test } from 'vitest';
import * as z from 'zod';
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
    const first: Guard = () => {};
    const second: Guard = () => {};
    const { head } = compilePolicy({ guards: [first, second] }, makers);
    expect(head).toHaveLength(3);
    expect(head.slice(1)).toEqual([first, second]);
    expect(compilePolicy({ public: true, guards: [first] }, makers).head).toEqual([first]);
  });
  test('with a body schema reads JSON; without one no body is waited for', () => {
    expect(compilePolicy({ body: z.strictObject({}) }, makers)).toMatchObject({
      body: [expect.any(Function)],
      reads: ['json'],
    });
    expect(compilePolicy({}, makers)).toMatchObject({ body: [], reads: [] });
  });
  test.each([
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
