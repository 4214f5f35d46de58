import type { IncomingMessage } from 'node:http';
import { announcesBody, type BodyKind, bodyKind, parseBody, type RequestBody, readBody } from '../http/index.ts';

/**
 * The body for an endpoint or a policy: read here, or what a parser of the app has left. Its bytes and texts are parsed by
 * our own rules.
 *
 * @param given what the app's parser has left, `undefined` when none ran
 * @param limit bytes that are read here at most
 * @throws Problem `body_too_large`, `unsupported_media_type`, `malformed_body`
 * @throws TypeError when something else has consumed the body and left nothing
 */
export async function requestBody(
  request: IncomingMessage,
  given: unknown,
  accept: readonly BodyKind[],
  limit?: number,
): Promise<RequestBody> {
  const untouched = !request.readableDidRead && !request.readableEnded;
  // Express 4's parsers leave an empty object also where they read nothing
  if (given === undefined || (untouched && isEmptyObject(given))) {
    if (untouched || !announcesBody(request)) return readBody(request, accept, limit);
    throw new TypeError('something has read the body before the library did, and left nothing in its place');
  }
  const kind = bodyKind(request.headers, accept);
  if (typeof given === 'string') return parseBody(Buffer.from(given), kind);
  if (given instanceof Uint8Array) return parseBody(given, kind);
  return { value: given, raw: undefined };
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && Object.keys(value).length === 0
  );
}
