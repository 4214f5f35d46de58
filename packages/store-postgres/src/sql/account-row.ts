import type { Account, Credential } from '@castellan/core/accounts';
import { readInt, readMs, readText, readTextOrNull } from '../driver/columns.ts';

/** The columns of which an account is made; activity and tier are its subject's. */
export function accountColumns(a: string, u: string): string {
  return `${a}.id::text as account_id, ${a}.tenant as account_tenant, ${a}.email, ${a}.username, ${a}.display_name, ${a}.avatar_url, ${a}.bio,
  ${a}.email_verified_at, ${a}.created_at, ${a}.updated_at, ${u}.tier, ${u}.disabled_at`;
}

/** Their values. */
export interface AccountRow {
  readonly account_id: unknown;
  readonly account_tenant: unknown;
  readonly email: unknown;
  readonly username: unknown;
  readonly display_name: unknown;
  readonly avatar_url: unknown;
  readonly bio: unknown;
  readonly email_verified_at: unknown;
  readonly created_at: unknown;
  readonly updated_at: unknown;
  readonly tier: unknown;
  readonly disabled_at: unknown;
}

export function readAccount(row: AccountRow): Account {
  return {
    id: readText(row.account_id),
    tenant: readText(row.account_tenant),
    email: readText(row.email),
    username: readTextOrNull(row.username),
    tier: readTextOrNull(row.tier),
    displayName: readTextOrNull(row.display_name),
    avatarUrl: readTextOrNull(row.avatar_url),
    bio: readTextOrNull(row.bio),
    isActive: row.disabled_at === null,
    isEmailVerified: row.email_verified_at !== null,
    createdAt: readMs(row.created_at),
    updatedAt: readMs(row.updated_at),
  };
}

/** An account with what a sign-in checks. */
export interface CredentialRow extends AccountRow {
  readonly password_hash: unknown;
  readonly auth_epoch: unknown;
}

export function readCredential(row: CredentialRow): Credential {
  return {
    account: readAccount(row),
    passwordHash: readTextOrNull(row.password_hash),
    authEpoch: readInt(row.auth_epoch),
  };
}
