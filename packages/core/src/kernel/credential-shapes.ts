/** What a credential of ours looks like: a refresh token, a password hash in PHC or crypt form. */
const CREDENTIALS: readonly RegExp[] = [
  /cst_rt_[\w-]*/gi,
  /\$(?:argon2(?:id|i|d)?|2[abxy]?|scrypt|pbkdf2[\w-]*)\$\S*/gi,
];

/** Where a signed token may stand: its characters, as many as there are. */
const DOTTED = /[\w.-]{12,}/g;
/** RFC 7515 section 7.1: the header begins with `{`, so its base64url with `e`. */
const HEADER = /e[wy][\w-]{6}/;

/** What stands where a credential stood. */
const MASK = '[redacted]';

/** Whether a text holds something that looks like a credential of ours. */
export function holdsCredential(text: string): boolean {
  return maskCredentials(text) !== text;
}

/**
 * The text with everything masked that looks like a credential of ours, wherever it stands. The time it takes grows
 * with the text's length and not faster: callers choose their headers and paths.
 */
export function maskCredentials(text: string): string {
  const left = CREDENTIALS.reduce((masked, shape) => masked.replace(shape, MASK), text);
  return left.replace(DOTTED, maskSigned);
}

/** Masks signed tokens of three parts. One expression for them would start anew at each `ey` of a long text. */
function maskSigned(dotted: string): string {
  const parts = dotted.split('.');
  if (parts.length < 3) return dotted;
  const kept: string[] = [];
  for (let at = 0; at < parts.length; at++) {
    const [part = '', payload = '', signature] = parts.slice(at, at + 3);
    const start = payload.length >= 2 && signature !== undefined ? part.search(HEADER) : -1;
    kept.push(start < 0 ? part : part.slice(0, start) + MASK);
    if (start >= 0) at += 2;
  }
  return kept.join('.');
}
