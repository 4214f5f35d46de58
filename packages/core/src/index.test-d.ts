import { expectTypeOf, test } from 'vitest';
import type {
  Account,
  AccountOptions,
  AuditPage,
  Castellan,
  CastellanEvents,
  CastellanOptions,
  Events,
  HashingGate,
  MemoryStoresOptions,
  memoryStores,
  PasswordVerifier,
  ScopesQuestion,
  SessionAnswer,
  SessionOptions,
  Subjects,
  TokenMembers,
} from './index.ts';

type Options = CastellanOptions<{ readonly free: { readonly rank: number } }, readonly [], unknown>;

test('whoever writes down what the composed library takes and gives finds the names at its front door', () => {
  expectTypeOf<Options['sessions']>().toEqualTypeOf<SessionOptions | undefined>();
  expectTypeOf<NonNullable<Options['scopesOf']>>().parameter(0).toEqualTypeOf<ScopesQuestion>();
  expectTypeOf<NonNullable<AccountOptions<unknown>['onAccountCreated']>>().parameter(0).toEqualTypeOf<Account>();
  expectTypeOf<AccountOptions<unknown>['legacyHashes']>().toEqualTypeOf<readonly PasswordVerifier[] | undefined>();
  expectTypeOf<AccountOptions<unknown>['hashingGate']>().toEqualTypeOf<HashingGate | undefined>();
  expectTypeOf<Castellan['subjects']>().toEqualTypeOf<Subjects>();
  expectTypeOf<Castellan['events']>().toEqualTypeOf<Pick<Events<CastellanEvents>, 'on'>>();
  expectTypeOf<Castellan['audit']['query']>().returns.resolves.toEqualTypeOf<AuditPage>();
  expectTypeOf<SessionAnswer['body']>().toEqualTypeOf<TokenMembers>();
  expectTypeOf<typeof memoryStores>().parameter(0).toEqualTypeOf<MemoryStoresOptions | undefined>();
});
