import * as z from 'zod';

/** Characters of `display_name`. */
export const DISPLAY_NAME_LENGTH = 100;
/** Characters of `bio`. */
export const BIO_LENGTH = 1000;
/** Characters of `avatar_url`. */
const URL_LENGTH = 2048;

/** Control characters, and marks that turn the direction of the text around it: a name must not rewrite a page. */
const NO_LINE = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/u;
/** The same, with line breaks and tabs allowed. */
const NO_LINES = /(?![\n\r\t])[\p{Cc}\u202A-\u202E\u2066-\u2069]/u;

/** An owner's text: `null` empties it, left out it stays. */
type OptionalText = z.ZodOptional<z.ZodNullable<z.ZodType<string, string>>>;

/** A text for display of at most `length` characters (code points), on one line or on several. */
export function profileText(length: number, form: 'line' | 'lines'): OptionalText {
  const forbidden = form === 'line' ? NO_LINE : NO_LINES;
  return z
    .string()
    .superRefine((text, context) => {
      if (text.length > 2 * length || Array.from(text).length > length)
        context.addIssue(custom('too_long', `must have at most ${length} characters`));
      else if (forbidden.test(text)) context.addIssue(custom('invalid_character', 'must not hold control characters'));
    })
    .nullable()
    .optional();
}

/**
 * An `http` or `https` URL, as a browser would write it, so that it can't end an attribute or a line that it is put
 * into. Without user and password: it is shown to others.
 */
export const avatarUrl: OptionalText = z
  .string()
  .transform((typed, context) => {
    const url = typed.length <= URL_LENGTH ? URL.parse(typed) : null;
    const isWeb = url && (url.protocol === 'https:' || url.protocol === 'http:') && url.username + url.password === '';
    if (isWeb && url.href.length <= URL_LENGTH) return url.href.replaceAll("'", '%27');
    context.addIssue(
      typed.length > URL_LENGTH || isWeb
        ? custom('too_long', `must have at most ${URL_LENGTH} characters`)
        : custom('invalid_format', 'must be an http or https URL'),
    );
    return z.NEVER;
  })
  .nullable()
  .optional();

/** A fault that a rule of ours found. */
export function custom(
  code: string,
  message: string,
): { code: 'custom'; message: string; params: { readonly code: string } } {
  return { code: 'custom', message, params: { code } };
}
