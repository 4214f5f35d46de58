/**
 * Accounts: registration, sign-in by password, profile, change of password.
 * @packageDocumentation
 */
export * from './account-endpoints.ts';
export * from './account-events.ts';
export * from './account-json.ts';
export * from './account-parts.ts';
export * from './account-problems.ts';
export * from './account-requests.ts';
export * from './account-store.ts';
export * from './accounts.ts';
export { type Argon2Parameters, owaspParameters } from './argon2-parameters.ts';
export { type Email, parseEmail } from './email.ts';
export * from './hashing-gate.ts';
export * from './memory-account-store.ts';
export * from './password-hasher.ts';
export {
  createPasswordPolicy,
  type PasswordFault,
  type PasswordLengths,
  type PasswordPolicy,
} from './password-policy.ts';
export * from './password-verifier.ts';
