import type { IncomingMessage } from 'node:http';
import { announcesBody, type BodyKind, bodyKind, parseBody, type RequestBody, readBody } from '@castellan/core/http';
import type { ExpressRequest } from './middleware.ts';

/**
 * The body for a mounted endpoint: read here, or taken from `req.body` when a parser ran before. Bytes and text (from
 * `express.raw()`, `express.text()`) are parsed by our own rules.
 *
 * @throws Problem `body_too_large`, `unsupported_media_type`, `malformed_body`
 * @throws TypeError when something else has consumed the body and left nothing in `req.body`
 */
export async function requestBody(req: IncomingMessage, accept: readonly BodyKind[]): Promise<RequestBody> {
  const given = (req as ExpressRequest).body;
  const untouched = !req.readableDidRead && !req.readableEnded;
  // Express 4's parsers leave an empty object also where they read nothing
  if (given === undefined || (untouched && isEmptyObject(given))) {
    if (untouched || !announcesBody(req)) return readBody(req, accept);
    throw new TypeError('a middleware before authRoutes has read the body and left nothing in req.body');
  }
  const kind = bodyKind(req.headers, accept);
  if (typeof given === 'string') return parseBody(Buffer.from(given), kind);
  if (given instanceof Uint8Array) return parseBody(given, kind);
  return { value: given, raw: undefined };
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && Object.keys(value).length === 0
  );
}
