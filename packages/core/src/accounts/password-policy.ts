/** Why a new password is not taken. */
export type PasswordFault = 'too_short' | 'too_long' | 'forbidden_character';

/** What a new password must be. No rules of composition: they make passwords worse (NIST SP 800-63B section 3.1.1.2). */
export interface PasswordPolicy {
  /** Characters (code points after NFKC). */
  readonly minLength: number;
  readonly maxLength: number;
  /** `undefined` when the password is fine. */
  fault(password: string): PasswordFault | undefined;
}

/** Bounds that may be set. */
export interface PasswordLengths {
  /** Default 12. */
  readonly minLength?: number;
  /** Default 128, at most 1,024: hashing must not become a way to burn our time. */
  readonly maxLength?: number;
}

/** The longest password that is looked at, at sign-in too, in UTF-16 units as typed. */
export const PASSWORD_INPUT_LENGTH = 4096;

/**
 * Makes a policy.
 * @throws TypeError naming the option when the bounds make no sense
 */
export function createPasswordPolicy({ minLength = 12, maxLength = 128 }: PasswordLengths = {}): PasswordPolicy {
  if (!Number.isInteger(minLength) || minLength < 1)
    throw new TypeError('accounts.password.minLength must be a whole number of at least 1');
  if (!Number.isInteger(maxLength) || maxLength < minLength || maxLength > 1024)
    throw new TypeError('accounts.password.maxLength must be a whole number from minLength to 1024');
  return {
    minLength,
    maxLength,
    fault(password) {
      if (!isPlainText(password)) return 'forbidden_character';
      const length = Array.from(normalisePassword(password)).length;
      if (length < minLength) return 'too_short';
      return length > maxLength ? 'too_long' : undefined;
    },
  };
}

/** One spelling for what two keyboards type differently (NIST SP 800-63B section 3.1.1.2). */
export function normalisePassword(password: string): string {
  return password.normalize('NFKC');
}

/**
 * No NUL (C libraries end there, and PostgreSQL refuses it) and no lone surrogate: all of them become the same U+FFFD in
 * UTF-8, so that two different texts would be one password.
 */
export function isPlainText(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
