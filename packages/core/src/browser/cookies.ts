/** Attributes of a cookie that we set; always `Path=/`, never `Domain`: no other host gets it. */
export interface CookieAttributes {
  readonly secure: boolean;
  readonly sameSite: 'Lax' | 'Strict';
  /** Seconds; 0 deletes the cookie, left out it lives until the browser closes. */
  readonly maxAgeSeconds?: number | undefined;
}

/** RFC 9110 section 5.6.2. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/;
/** What is no `cookie-octet` (RFC 6265bis section 4.1.1). */
const NO_OCTET = /[^\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]/;
/** Browsers drop a cookie whose name and value are longer, without a word (RFC 6265bis section 5.6). */
const MAX_COOKIE = 4096;
/** More than Node reads of all headers together unless it was told to. */
const MAX_HEADER = 16_384;

/** Whether a text can be a cookie's name. */
export function isCookieName(name: string): boolean {
  return NAME.test(name);
}

/**
 * The value of one cookie (RFC 6265bis section 4.2.1). A name that comes twice counts as absent: one of the two was
 * set by somebody else, a sibling host perhaps, and their order says nothing. So do a value with other characters than
 * ours have, and everything in a header beyond 16 KiB.
 *
 * @param header the field `Cookie`
 * @param name compared with its case
 */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  if (header === undefined || header.length > MAX_HEADER) return undefined;
  let value: string | undefined;
  for (let start = 0; start < header.length; ) {
    const semicolon = header.indexOf(';', start);
    const end = semicolon < 0 ? header.length : semicolon;
    const from = skipSpace(header, start, end);
    if (header.startsWith(name, from) && header[from + name.length] === '=') {
      if (value !== undefined) return undefined;
      value = header.slice(from + name.length + 1, trimmedEnd(header, end));
    }
    start = end + 1;
  }
  return value === undefined || value === '' || NO_OCTET.test(value) ? undefined : value;
}

/**
 * A `Set-Cookie` field (RFC 6265bis section 4.1). Every cookie of ours is `HttpOnly`.
 *
 * @throws TypeError when a browser would not keep the cookie
 */
export function setCookie(name: string, value: string, attributes: CookieAttributes): string {
  const { secure, sameSite, maxAgeSeconds } = attributes;
  if (!NAME.test(name)) throw new TypeError(`cookie ${JSON.stringify(name)}: no cookie can have this name`);
  if (NO_OCTET.test(value)) throw new TypeError(`cookie ${name}: the value has characters of no cookie`);
  if (name.length + value.length > MAX_COOKIE)
    throw new TypeError(
      `cookie ${name}: longer than the ${MAX_COOKIE} bytes that browsers keep; give tokens fewer scopes`,
    );
  if (maxAgeSeconds !== undefined && !(Number.isSafeInteger(maxAgeSeconds) && maxAgeSeconds >= 0))
    throw new TypeError(`cookie ${name}: maxAgeSeconds must be a whole number of at least 0`);
  return [
    `${name}=${value}`,
    'Path=/',
    ...(maxAgeSeconds === undefined ? [] : [`Max-Age=${maxAgeSeconds}`]),
    ...(secure ? ['Secure'] : []),
    'HttpOnly',
    `SameSite=${sameSite}`,
  ].join('; ');
}

function trimmedEnd(text: string, end: number): number {
  let at = end;
  while (text[at - 1] === ' ' || text[at - 1] === '\t') at--;
  return at;
}

function skipSpace(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && (text[at] === ' ' || text[at] === '\t')) at++;
  return at;
}
