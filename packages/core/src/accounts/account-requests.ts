import type { Principal } from '../http/index.ts';
import type { Origin } from '../kernel/index.ts';
import type { IssuedTokens, Transport } from '../sessions/index.ts';
import type { Account, AccountPatch } from './account-store.ts';
import type { Email } from './email.ts';
import type { GatePass } from './hashing-gate.ts';

/** Where a call comes from, and whether anybody still waits for it. */
export interface AccountCall {
  readonly origin: Origin;
  /** For the hashing gate: the live request. */
  readonly pass?: GatePass;
}

/** An address and a password that {@link parseEmail} and the password policy have let through. */
export interface RegisterRequest extends AccountCall {
  readonly tenant: string;
  readonly email: Email;
  readonly password: string;
  readonly displayName?: string | null;
  /** Default `bearer`. */
  readonly transport?: Transport;
}

/** A sign-in by password. */
export interface LoginRequest extends AccountCall {
  readonly tenant: string;
  readonly email: Email;
  /** As typed; of any length. */
  readonly password: string;
  /** Default `bearer`. */
  readonly transport?: Transport;
}

/** Who asks. */
export type Owner = Pick<Principal, 'tenant' | 'subject'>;

/** A change of one's own fields. */
export interface UpdateRequest extends AccountCall {
  readonly principal: Owner;
  readonly patch: AccountPatch;
}

/** A change of password. */
export interface ChangePasswordRequest extends AccountCall {
  readonly principal: Pick<Principal, 'tenant' | 'subject' | 'sessionId'>;
  readonly currentPassword: string;
  /** One that the password policy has let through. */
  readonly newPassword: string;
}

/** An account that has just signed in. */
export interface SignedIn {
  readonly account: Account;
  readonly tokens: IssuedTokens;
}
