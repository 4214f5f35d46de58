import type { CredentialFailure } from '../audit/index.ts';
import type { Credential } from './account-store.ts';

/**
 * The hash to check, or `null` for nobody's. That of a disabled account isn't even looked at: whether the password was
 * right must not show, in the time of the answer neither.
 */
export function verifiableHash(credential: Credential | undefined): string | null {
  return credential?.account.isActive ? credential.passwordHash : null;
}

/** Why a credential that {@link verifiableHash} was taken from did not match. */
export function failureOf(credential: Credential | undefined): CredentialFailure {
  if (!credential) return 'unknown_account';
  if (!credential.account.isActive) return 'disabled';
  return credential.passwordHash === null ? 'no_password' : 'wrong_password';
}
