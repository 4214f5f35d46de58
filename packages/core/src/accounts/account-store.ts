import type { AuditStamp } from '../audit/audit-store.ts';
import type { IssuedSession, StartCall } from '../sessions/session-store.ts';

/** An account. Its id is also the id of its subject. */
export interface Account {
  readonly id: string;
  readonly tenant: string;
  /** As typed, for display. */
  readonly email: string;
  readonly username: string | null;
  readonly tier: string | null;
  readonly displayName: string | null;
  readonly avatarUrl: string | null;
  readonly bio: string | null;
  readonly isActive: boolean;
  readonly isEmailVerified: boolean;
  /** Unix ms. */
  readonly createdAt: number;
  /** Unix ms. */
  readonly updatedAt: number;
}

/** Makes account, subject, first session and audit row `user.register`, all or nothing. */
export interface CreateAccountCall {
  /** UUIDv7. */
  readonly id: string;
  readonly tenant: string;
  readonly email: string;
  /** Normalised; unique per tenant among accounts that are not deleted. */
  readonly emailKey: string;
  /** PHC string. */
  readonly passwordHash: string;
  readonly displayName: string | null;
  readonly tier: string | null;
  /** Without tenant, subject and fence: the new account's. */
  readonly session: Omit<StartCall, 'tenant' | 'subject' | 'authEpoch' | 'audit' | 'now'>;
  readonly audit: AuditStamp;
  /** Unix ms in place of the store's clock; for tests. */
  readonly now?: number;
}

export type CreateAccountOutcome =
  | { readonly outcome: 'created'; readonly account: Account; readonly session: IssuedSession }
  | { readonly outcome: 'email_taken' };

/** What a sign-in needs to know. */
export interface Credential {
  readonly account: Account;
  /** `null`: no password was ever set. */
  readonly passwordHash: string | null;
  /** The fence for the session's start. */
  readonly authEpoch: number;
}

/** Fields that an account's owner may change. `undefined` leaves a field alone, `null` empties it. */
export interface AccountPatch {
  readonly displayName?: string | null;
  readonly avatarUrl?: string | null;
  readonly bio?: string | null;
}

/** Sets a new password and keeps one session: the others die with the epoch. */
export interface ChangePasswordCall {
  readonly tenant: string;
  readonly accountId: string;
  /** The session that stays; re-stamped *by its id*. */
  readonly sessionId: string;
  /** The fence: `authEpoch` as it was when the current password was checked. */
  readonly authEpoch: number;
  readonly passwordHash: string;
  /** Hash of 32 fresh random bytes. */
  readonly leaf: { readonly kid: number; readonly hash: Uint8Array };
  readonly idleMs: readonly [number, number, number];
  readonly audit: AuditStamp;
  /** Unix ms in place of the store's clock; for tests. */
  readonly now?: number;
}

/** `refused`: the fence moved, or the session is over. */
export type ChangePasswordOutcome =
  | { readonly outcome: 'changed'; readonly session: IssuedSession }
  | { readonly outcome: 'refused' };

/**
 * Where accounts live.
 * @typeParam Tx what `within` is given: the store's open transaction
 */
export interface AccountStore<Tx = unknown> {
  /**
   * One atomic step. `within` runs inside the transaction after account and subject are written; what it throws
   * rolls all back and comes out of `create` as it is.
   */
  create(
    call: CreateAccountCall,
    within?: (account: Account, transaction: Tx) => Promise<void>,
  ): Promise<CreateAccountOutcome>;
  /** By normalised e-mail, deleted accounts excepted. */
  credentialByEmail(tenant: string, emailKey: string): Promise<Credential | undefined>;
  credentialById(tenant: string, id: string): Promise<Credential | undefined>;
  read(tenant: string, id: string): Promise<Account | undefined>;
  /** Changes the owner's fields; audit `user.update`. */
  update(call: {
    readonly tenant: string;
    readonly id: string;
    readonly patch: AccountPatch;
    readonly audit: AuditStamp;
    readonly now?: number;
  }): Promise<Account | undefined>;
  /** Replaces a hash by a stronger one of the same password, unless it has changed meanwhile. */
  rehash(call: {
    readonly tenant: string;
    readonly id: string;
    readonly from: string;
    readonly to: string;
  }): Promise<boolean>;
  /** New hash, epoch + 1, this session re-stamped, revocation, audit `user.change_password`. */
  changePassword(call: ChangePasswordCall): Promise<ChangePasswordOutcome>;
}
