import type { Account } from './account-store.ts';

/** An account as its owner sees it. Times are ISO 8601. */
export interface AccountJson {
  readonly id: string;
  readonly email: string;
  readonly username: string | null;
  readonly tier: string;
  readonly display_name: string | null;
  readonly avatar_url: string | null;
  readonly bio: string | null;
  readonly is_active: boolean;
  readonly is_email_verified: boolean;
  readonly created_at: string;
  readonly updated_at: string;
}

/** @param defaultTier of an account that was given none */
export function accountJson(account: Account, defaultTier: string): AccountJson {
  return {
    id: account.id,
    email: account.email,
    username: account.username,
    tier: account.tier ?? defaultTier,
    display_name: account.displayName,
    avatar_url: account.avatarUrl,
    bio: account.bio,
    is_active: account.isActive,
    is_email_verified: account.isEmailVerified,
    created_at: new Date(account.createdAt).toISOString(),
    updated_at: new Date(account.updatedAt).toISOString(),
  };
}
