import type { CredentialFailure } from '../audit/index.ts';
import type { Origin } from '../kernel/index.ts';

/** What every fact about an account says. */
export interface AccountFact {
  readonly tenant: string;
  /** The account's id, which is its subject. */
  readonly subject: string;
  /** The request that caused it. */
  readonly origin: Origin;
}

/** Facts about accounts, told after the step is durable. None holds an address or a password. */
export type AccountEvents = {
  readonly 'account.registered': AccountFact;
  /** `subject` is `null` when no account has the address. */
  readonly 'account.login_failed': Omit<AccountFact, 'subject'> & {
    readonly subject: string | null;
    readonly reason: CredentialFailure;
  };
  /** `sessionId` is the session that stayed. */
  readonly 'account.password_changed': AccountFact & { readonly sessionId: string };
};

/** Tells one of them. */
export type TellAccount = <N extends keyof AccountEvents>(name: N, fact: AccountEvents[N]) => void;
