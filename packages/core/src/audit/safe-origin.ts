import { isIP } from 'node:net';
import { maskCredentials, type Origin } from '../kernel/index.ts';

/** Control characters, line separators, direction marks and lone surrogates: a log line made of them lies to its reader. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]/gu;

/** Characters kept of a `User-Agent` header. */
const USER_AGENT_LENGTH = 512;
/** Characters kept of a request id: callers may send their own. */
const REQUEST_ID_LENGTH = 128;

/**
 * An origin as it may be written down. Callers choose these headers freely, so nothing is refused: unprintable
 * characters go, credentials are masked, the rest is cut. In this order: a token hidden by a NUL in its middle would
 * otherwise come together again, and one cut short would no longer be recognised.
 */
export function safeOrigin(origin: Origin): Origin {
  return {
    ip: safeAddress(origin.ip),
    userAgent: safeText(origin.userAgent, USER_AGENT_LENGTH),
    requestId: safeText(origin.requestId, REQUEST_ID_LENGTH),
  };
}

/** An address, without the zone that a link-local one may have: it means nothing elsewhere, and stores refuse it. */
function safeAddress(ip: string | null): string | null {
  const address = ip?.split('%', 1)[0] ?? '';
  return isIP(address) ? address : null;
}

function safeText(text: string | null, length: number): string | null {
  if (text === null) return null;
  const bounded = text.slice(0, length * 16); // headers are bounded by the server; programs may pass anything
  const safe = maskCredentials(bounded.replace(UNPRINTABLE, '')).slice(0, length).trim();
  // the cut may have split a surrogate pair
  return safe.replace(UNPRINTABLE, '') || null;
}
