/**
 * What a credential of ours looks like, wherever in a text it stands: a refresh token, a signed token of three parts
 * (RFC 7515 section 7.1: the header begins with `{`, so its base64url with `e`), a password hash in PHC or crypt form.
 */
const CREDENTIALS: readonly RegExp[] = [
  /cst_rt_[\w-]*/gi,
  /e[wy][\w-]{6,}\.[\w-]{2,}\.[\w-]*/g,
  /\$(?:argon2(?:id|i|d)?|2[abxy]?|scrypt|pbkdf2[\w-]*)\$\S*/gi,
];

/** What stands where a credential stood. */
const MASK = '[redacted]';

/** Whether a text holds something that looks like a credential of ours. */
export function holdsCredential(text: string): boolean {
  return CREDENTIALS.some((shape) => text.search(shape) >= 0);
}

/** The text with everything masked that looks like a credential of ours. */
export function maskCredentials(text: string): string {
  return CREDENTIALS.reduce((masked, shape) => masked.replace(shape, MASK), text);
}
