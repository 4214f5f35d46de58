import { isIP } from 'node:net';
import type { Origin } from '@castellan/core/kernel';

/** Address, user agent and request id, as every verb binds them: `inet`, `text`, `text`. */
export function originValues(origin: Origin): readonly [string | null, string | null, string | null] {
  return [inetValue(origin.ip), origin.userAgent, origin.requestId];
}

/** An address as `inet` takes it: without a zone (RFC 4007 section 11), and `null` for what is none (a socket's path). */
function inetValue(ip: string | null): string | null {
  if (ip === null) return null;
  const zone = ip.indexOf('%');
  const address = zone < 0 ? ip : ip.slice(0, zone);
  return isIP(address) === 0 ? null : address;
}
