import { test } from 'vitest';
import type { Policy } from './policy.ts';

interface Mine {
  readonly tier: 'free' | 'pro';
  readonly action: 'order.create';
  readonly tx: never;
}
declare function guard(policy?: Policy<Mine>): void;

test('a policy that makes no sense does not compile', () => {
  guard();
  guard({ scope: 'orders:write', tier: 'pro', audit: 'order.create', revocation: 'strict' });
  guard({ public: true, audit: 'order.create' });
  // @ts-expect-error a public route has no principal
  guard({ public: true, scope: 'orders:write' });
  // @ts-expect-error a public route has no principal
  guard({ public: true, tier: 'pro' });
  // @ts-expect-error no such tier
  guard({ tier: 'gold' });
  // @ts-expect-error no such action
  guard({ audit: 'order.burn' });
  // @ts-expect-error no such member
  guard({ scopes: ['a'] });
});
