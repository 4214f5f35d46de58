/** What a `Content-Type` says, as far as a body parser cares. */
export interface MediaType {
  /** Lower-case: `application/json`. */
  readonly type: string;
  /** Lower-case, `undefined` when not said. */
  readonly charset: string | undefined;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
/** RFC 9110 section 8.3.1. */
const TYPE = new RegExp(`^[ \\t]*(${TOKEN}/${TOKEN})[ \\t]*(?:;|$)`);
const PARAMETER = new RegExp(`;[ \\t]*(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")`, 'g');

/** Reads a `Content-Type` header. `undefined`: there is none, or it says nothing clear. */
export function mediaType(header: string | undefined): MediaType | undefined {
  const type = header === undefined ? undefined : TYPE.exec(header)?.[1]?.toLowerCase();
  if (header === undefined || type === undefined) return undefined;
  let charset: string | undefined;
  for (const [, name = '', token, quoted = ''] of header.matchAll(PARAMETER)) {
    if (name.toLowerCase() !== 'charset') continue;
    if (charset !== undefined) return undefined; // two charsets say nothing clear
    charset = (token ?? quoted).toLowerCase();
  }
  return { type, charset };
}
