import type { IssuedTokens } from '../sessions/index.ts';
import type { AccountsParts } from './account-parts.ts';
import type {
  ChangePasswordRequest,
  LoginRequest,
  Owner,
  RegisterRequest,
  SignedIn,
  UpdateRequest,
} from './account-requests.ts';
import type { Account } from './account-store.ts';
import { changePassword } from './change-password.ts';
import { login } from './login.ts';
import { readAccount, updateAccount } from './profile.ts';
import { register } from './register.ts';
import { createRehashing } from './rehashing.ts';

/** Accounts: the logic over the store. Every verb rejects with `StoreUnavailableError` when the store is away. */
export interface Accounts {
  /**
   * Makes account, subject and first session.
   * @throws Problem `email_taken`, after the same hashing; `overloaded`
   */
  register(request: RegisterRequest): Promise<SignedIn>;
  /** @throws Problem `invalid_credentials`, the same for every reason and after the same work; `overloaded` */
  login(request: LoginRequest): Promise<SignedIn>;
  /** @throws Problem `not_found` when the caller has no account here (a subject of the app's own) */
  me(principal: Owner): Promise<Account>;
  /** @throws Problem `not_found` as {@link me} */
  update(request: UpdateRequest): Promise<Account>;
  /**
   * Sets a new password. The asking session lives on with new tokens; all others end.
   * @throws Problem `invalid_credentials` when the current password is wrong or anything moved meanwhile; `overloaded`
   */
  changePassword(request: ChangePasswordRequest): Promise<IssuedTokens>;
  /** Resolves when no re-hash is under way any more; for a clean stop. */
  settled(): Promise<void>;
}

/** Makes the accounts' verbs. */
export function createAccounts<Tx>(parts: AccountsParts<Tx>): Accounts {
  const rehashing = createRehashing(parts);
  return {
    register: (request) => register(parts, request),
    login: (request) => login(parts, rehashing, request),
    me: (principal) => readAccount(parts, principal),
    update: (request) => updateAccount(parts, request),
    changePassword: (request) => changePassword(parts, request),
    settled: () => rehashing.settled(),
  };
}
