import { fromBase64url, fromUtf8, isUuid, toBase64url } from '../kernel/index.ts';
import type { AuditPosition } from './audit-store.ts';

/** The last moment that a JavaScript date can show, Unix ms (ECMA-262 section 21.4.1.1). */
const LAST_MOMENT = 8_640_000_000_000_000;

/** A position as callers carry it: opaque, and one spelling only. */
export function writeCursor({ at, id }: AuditPosition): string {
  return toBase64url(Buffer.from(`${at}.${id}`));
}

/** The position of a cursor, or `undefined` for a text that {@link writeCursor} never made. */
export function readCursor(cursor: string): AuditPosition | undefined {
  if (cursor.length > 80) return undefined;
  const bytes = fromBase64url(cursor);
  const match = /^(0|[1-9]\d{0,15})\.(.{36})$/.exec((bytes && fromUtf8(bytes)) ?? '');
  const at = Number(match?.[1]);
  const id = match?.[2] ?? '';
  return at <= LAST_MOMENT && isUuid(id) ? { at, id } : undefined;
}
