import {
  type AccountEndpointParts,
  type AccountStore,
  type Accounts,
  accountEndpoints,
  createAccounts,
  createHashingGate,
  createPasswordHasher,
  createPasswordPolicy,
  type TellAccount,
} from './accounts/index.ts';
import type { AccountOptions } from './castellan-options.ts';
import type { Endpoint } from './http/index.ts';
import type { MakeId, MonotonicClock, RandomBytes } from './kernel/index.ts';

/** What {@link composeAccounts} is made of. */
export interface AccountComposition<Tx>
  extends Pick<Parameters<typeof createAccounts<Tx>>[0], 'sessions' | 'audit'>,
    Pick<AccountEndpointParts, 'defaultTier' | 'cookies'> {
  readonly options: false | AccountOptions<Tx> | undefined;
  readonly store: AccountStore<Tx> | undefined;
  readonly monotonic: MonotonicClock;
  readonly random: RandomBytes;
  readonly makeId: MakeId;
  readonly tell: TellAccount;
}

/** The accounts' verbs and endpoints; `undefined` for an app that keeps its own users. */
export function composeAccounts<Tx>(
  parts: AccountComposition<Tx>,
): { readonly verbs: Accounts; readonly endpoints: readonly Endpoint[] } | undefined {
  const { options = {}, store, sessions, audit, defaultTier, cookies, monotonic, random, makeId, tell } = parts;
  if (options === false || !store) return undefined;
  const { password, argon2 = {}, legacyHashes = [], hashingGate, onAccountCreated } = options;
  const gate = hashingGate ?? createHashingGate({ clock: monotonic });
  const hasher = createPasswordHasher({ gate, parameters: argon2, legacyHashes, random });
  const verbs = createAccounts<Tx>({ store, sessions, audit, hasher, makeId, tell, onAccountCreated });
  const passwordPolicy = createPasswordPolicy(password);
  return { verbs, endpoints: accountEndpoints({ accounts: verbs, passwordPolicy, defaultTier, cookies }) };
}
