import { describe, expect, test } from 'vitest';
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
    [{ scopes: ['a'] }, 'policy.scopes'],
  ])('%j is a TypeError that names the member', (policy, name) => {
    expect(() => compile(policy)).toThrow(TypeError);
    expect(() => compile(policy)).toThrow(name);
  });
});
