/** Longest access token that is looked at, in characters. */
export const MAX_TOKEN_LENGTH = 8192;

/** Base64url of at least one byte, the unused bits of its last character zero (RFC 4648 section 3.5). */
const CANONICAL = /^(?=.)(?:[\w-]{4})*(?:[\w-]{2}[AEIMQUYcgkosw048]|[\w-][AQgw])?$/;

/** A token that has the one shape ours have. Nothing of it is verified yet. */
export interface ShapedToken {
  /** The first part as it stands; a keyring knows those that it writes. */
  readonly header: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * Takes a compact JWS apart and refuses every spelling but the one this library writes (RFC 8725).
 *
 * Parsers of JOSE libraries are lenient: whitespace and padding inside a part, unused low bits of its last character
 * (sixteen spellings of every Ed25519 signature), a byte-order mark, duplicate members. Two spellings of one token
 * would be two entries of a memo, and two readers may see two different tokens. (ECDSA itself leaves two signatures
 * for one message, s and n − s; the memo's limit for each session bears that.)
 */
export function shapeGuard(token: string): ShapedToken | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const parts = token.split('.', 4);
  if (parts.length !== 3) return undefined;
  const [header, payload, signature] = parts as [string, string, string];
  if (!CANONICAL.test(signature)) return undefined;
  const claims = objectIn(payload);
  return claims && { header, payload: claims };
}

/**
 * The object in a part. The part must be what comes out when its own value is written again: that settles base64url,
 * UTF-8, byte-order marks, duplicate and escaped names, whitespace and the spelling of numbers in one comparison.
 */
function objectIn(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    const again = Buffer.from(JSON.stringify(value)).toString('base64url');
    return again === part ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // no JSON, or nested deeper than the stack
  }
}
