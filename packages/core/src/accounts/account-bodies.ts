import * as z from 'zod';
import type { Transport } from '../sessions/index.ts';
import type { AccountPatch } from './account-store.ts';
import { EMAIL_LENGTH, type Email, parseEmail } from './email.ts';
import { PASSWORD_INPUT_LENGTH, type PasswordFault, type PasswordPolicy } from './password-policy.ts';
import { avatarUrl, BIO_LENGTH, custom, DISPLAY_NAME_LENGTH, profileText } from './profile-fields.ts';

/** Body of `POST /register`. */
export interface RegisterBody {
  readonly email: Email;
  readonly password: string;
  readonly display_name?: string | null | undefined;
  readonly transport?: Transport | undefined;
}

/** Body of `POST /login`. */
export interface LoginBody {
  readonly email: Email;
  readonly password: string;
  readonly transport?: Transport | undefined;
}

/** Body of `POST /change-password`. */
export interface ChangePasswordBody {
  readonly current_password: string;
  readonly new_password: string;
}

/** The schemas of the bodies that account endpoints read. All are strict. */
export interface AccountBodies {
  readonly register: z.ZodType<RegisterBody>;
  readonly login: z.ZodType<LoginBody>;
  readonly changePassword: z.ZodType<ChangePasswordBody>;
  readonly patch: z.ZodType<AccountPatch>;
}

/**
 * Makes them: new passwords are measured by the policy, others are only bounded.
 * @param transports how tokens may travel here
 */
export function accountBodies(policy: PasswordPolicy, transports: readonly Transport[]): AccountBodies {
  const email = z.string().transform((typed, context): Email => {
    const parsed = parseEmail(typed);
    if (parsed) return parsed;
    context.addIssue(
      typed.trim().length > EMAIL_LENGTH
        ? custom('too_long', `must have at most ${EMAIL_LENGTH} characters`)
        : custom('invalid_format', 'must be a valid e-mail address'),
    );
    return z.NEVER;
  });
  const password = z.string().min(1).max(PASSWORD_INPUT_LENGTH);
  const newPassword = z.string().superRefine((typed, context) => {
    const fault = typed.length > PASSWORD_INPUT_LENGTH ? 'too_long' : policy.fault(typed);
    if (fault) context.addIssue(custom(fault, sayFault(fault, policy)));
  });
  const transport = z.enum(transports).optional();
  const displayName = profileText(DISPLAY_NAME_LENGTH, 'line');
  return {
    register: z.strictObject({ email, password: newPassword, display_name: displayName, transport }),
    login: z.strictObject({ email, password, transport }),
    changePassword: z.strictObject({ current_password: password, new_password: newPassword }),
    patch: z
      .strictObject({ display_name: displayName, avatar_url: avatarUrl, bio: profileText(BIO_LENGTH, 'lines') })
      .transform(({ display_name, avatar_url, bio }) => ({
        ...(display_name !== undefined && { displayName: display_name }),
        ...(avatar_url !== undefined && { avatarUrl: avatar_url }),
        ...(bio !== undefined && { bio }),
      })),
  };
}

function sayFault(fault: PasswordFault, { minLength, maxLength }: PasswordPolicy): string {
  switch (fault) {
    case 'too_short':
      return `must have at least ${minLength} characters`;
    case 'too_long':
      return `must have at most ${maxLength} characters`;
    case 'forbidden_character':
      return 'must not hold NUL or unpaired surrogates';
  }
}
