import { fromBase64url, fromUtf8, parseJson } from '../kernel/index.ts';
import { ACCESS_TOKEN_TYPE } from './signature.ts';

/** Longest access token that is looked at, in characters. */
export const MAX_TOKEN_LENGTH = 8192;

/** A token that has the one shape ours have. Nothing of it is verified yet. */
export interface ShapedToken {
  readonly alg: string;
  readonly kid: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

const HEADER_MEMBERS = new Set(['alg', 'typ', 'kid']);

/**
 * Takes a compact JWS apart and refuses every spelling but one (RFC 8725).
 *
 * Parsers of JOSE libraries are lenient: whitespace and padding inside a part, unused low bits of its last character
 * (sixteen spellings of every Ed25519 signature), a byte-order mark, duplicate members. Two spellings of one token
 * would be two entries of a memo, and two readers may see two different tokens. Headers are taken from a list, so that
 * `crit`, `b64`, `jwk`, `jku`, `x5u`, `x5c` and `cty` can't ask for anything.
 */
export function shapeGuard(token: string): ShapedToken | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const parts = token.split('.', 4);
  if (parts.length !== 3) return undefined;
  const [header, payload, signature] = parts as [string, string, string];
  if (signature === '' || !fromBase64url(signature)) return undefined;
  const members = objectIn(header);
  if (!members) return undefined;
  const { alg, typ, kid } = members;
  if (typeof alg !== 'string' || typ !== ACCESS_TOKEN_TYPE || typeof kid !== 'string') return undefined;
  if (Object.keys(members).some((name) => !HEADER_MEMBERS.has(name))) return undefined;
  const claims = objectIn(payload);
  return claims && { alg, kid, payload: claims };
}

function objectIn(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = fromBase64url(part);
  const text = bytes && fromUtf8(bytes);
  if (!text) return undefined;
  const parsed = parseJson(text);
  if ('refused' in parsed) return undefined;
  const { value } = parsed;
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
