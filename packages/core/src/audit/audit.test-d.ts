import { describe, expectTypeOf, it } from 'vitest';
import { noOrigin } from '../kernel/index.ts';
import type { MetaOf } from './action-registry.ts';
import type { Audit } from './audit.ts';
import { createAppRegistry, type LibraryActions } from './library-actions.ts';

const registry = createAppRegistry({
  'order.create': { target: 'order', meta: { lines: 'integer', via: ['web', 'phone'] } },
});
type Actions = typeof registry extends { check: unknown; names: readonly (infer N)[] } ? N : never;
declare const audit: Audit<
  LibraryActions & { 'order.create': { meta: { lines: 'integer'; via: readonly ['web', 'phone'] } } }
>;
const fact = { tenant: '', actor: null, outcome: 'success', origin: noOrigin } as const;

describe('the types of the ledger', () => {
  it('know the names of all actions', () => {
    expectTypeOf<Actions>().toEqualTypeOf<keyof LibraryActions | 'order.create'>();
  });

  it('take the meta that an action declares', () => {
    void audit.record({ ...fact, action: 'order.create', meta: { lines: 1, via: 'web' } });
    void audit.record({ ...fact, action: 'user.login', meta: { reason: 'wrong_password' } });
    void audit.record({ ...fact, action: 'user.update' });
  });

  it('refuse what an action does not declare', () => {
    // @ts-expect-error unknown action
    void audit.record({ ...fact, action: 'order.delete' });
    // @ts-expect-error undeclared member
    void audit.record({ ...fact, action: 'order.create', meta: { password: 'x' } });
    // @ts-expect-error no meta at all
    void audit.record({ ...fact, action: 'user.update', meta: { password: 'x' } });
    // @ts-expect-error another type
    void audit.record({ ...fact, action: 'order.create', meta: { lines: 'x' } });
    // @ts-expect-error no such word
    void audit.record({ ...fact, action: 'order.create', meta: { via: 'fax' } });
    // @ts-expect-error free text where a word is asked for
    void audit.record({ ...fact, action: 'user.login', meta: { reason: 'hunter2' } });
  });

  it('let a ledger with the app’s actions serve where the library’s own are written', () => {
    expectTypeOf(audit).toExtend<Pick<Audit, 'stamp' | 'record'>>();
  });

  it('give names alone a status', () => {
    const plain = createAppRegistry(['order.create', 'order.pay']);
    expectTypeOf(plain.names).toEqualTypeOf<readonly (keyof LibraryActions | 'order.create' | 'order.pay')[]>();
    expectTypeOf<MetaOf<{ readonly meta: { readonly status: 'integer' } }>>().toEqualTypeOf<{
      readonly status?: number | null;
    }>();
  });
});
