import type { Audit } from '../audit/index.ts';
import type { MakeId } from '../kernel/index.ts';
import type { Sessions } from '../sessions/index.ts';
import type { TellAccount } from './account-events.ts';
import type { Account, AccountStore } from './account-store.ts';
import type { PasswordHasher } from './password-hasher.ts';

/** What `createAccounts` is made of. */
export interface AccountsParts<Tx = unknown> {
  readonly store: AccountStore<Tx>;
  readonly sessions: Pick<Sessions, 'prepareStart' | 'prepareRestamp' | 'start'>;
  readonly audit: Pick<Audit, 'stamp' | 'record'>;
  readonly hasher: PasswordHasher;
  readonly makeId: MakeId;
  readonly tell: TellAccount;
  /**
   * Runs inside the transaction that makes the account, after account and subject are written, so that the app's own
   * rows are made with it or not at all: what it throws rolls everything back and is what the caller gets.
   */
  readonly onAccountCreated?: ((account: Account, within: Tx) => Promise<void>) | undefined;
}
