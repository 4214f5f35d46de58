import type { ServerResponse } from 'node:http';
import type { Headers, HttpResponse } from '../http/index.ts';

/** Statuses whose answers have no body (RFC 9110 section 6.4.1). */
export function isBodyless(status: number): boolean {
  return status === 204 || status === 304 || status < 200;
}

/** Fields that describe the body that is being replaced. */
const REPRESENTATION = [
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'etag',
  'expires',
  'last-modified',
  'trailer',
  'transfer-encoding',
];

/**
 * Takes off what a handler said of a body that will not be sent. Everything else stays, cookies too. Its phrase goes as
 * well, and announced trailers: where Node refused the answer for one of these, it would refuse the one that says so.
 */
export function forgetRepresentation(res: ServerResponse): void {
  for (const name of REPRESENTATION) takeOff(res, name);
  forgetPhrase(res);
}

/** Takes off the handler's own phrase, which was for its own status. HTTP/2 has none, and Node warns whoever touches it. */
export function forgetPhrase(res: ServerResponse): void {
  if (res.req.httpVersionMajor < 2) res.statusMessage = '';
}

/**
 * Takes a field off that is there. Node remembers what was taken off even where it never was, and then neither sends
 * chunks nor keeps the connection, should a compression take the length away.
 */
export function takeOff(res: ServerResponse, name: string): void {
  if (res.hasHeader(name)) res.removeHeader(name);
}

/** The header fields of an answer as they stand. */
export function readHeaders(res: ServerResponse): Headers {
  const headers: Headers = {};
  for (const [name, value] of Object.entries(res.getHeaders()))
    if (value !== undefined) headers[name] = typeof value === 'number' ? String(value) : value;
  return headers;
}

/** Gives an answer the status and exactly the header fields of a response. What is equal keeps its spelling. */
export function applyHead(res: ServerResponse, { status, headers }: HttpResponse): void {
  if (res.statusCode !== status) {
    res.statusCode = status;
    forgetPhrase(res);
  }
  for (const name of res.getHeaderNames()) if (headers[name] === undefined) res.removeHeader(name);
  for (const [name, value] of Object.entries(headers)) {
    const present = res.getHeader(name);
    if (present !== value && String(present) !== value) res.setHeader(name, value);
  }
  if (isBodyless(status) && status !== 304) res.removeHeader('content-length');
}

/** What `writeHead` was told, put on the answer without sending it. Refuses what Node refuses. */
export function storeHead(res: ServerResponse, status: number, rest: readonly unknown[]): void {
  assertStatus(status);
  res.statusCode = status;
  const [first, second] = rest;
  if (typeof first === 'string') res.statusMessage = first;
  const headers = typeof first === 'string' ? second : first;
  if (Array.isArray(headers)) storePairs(res, headers);
  else if (typeof headers === 'object' && headers !== null)
    for (const [name, value] of Object.entries(headers))
      if (value !== undefined) res.setHeader(name, value as string | number | readonly string[]);
}

/** @throws RangeError for a status that Node would refuse only when the head is written */
export function assertStatus(status: number): void {
  if (!Number.isInteger(status) || status < 100 || status > 999)
    throw new RangeError(`Invalid status code: ${String(status)}`);
}

/** Node takes `[name, value, name, value]` and `[[name, value], …]`; a name may come several times. */
function storePairs(res: ServerResponse, list: readonly unknown[]): void {
  const pairs: [string, string | readonly string[]][] = [];
  if (Array.isArray(list[0])) pairs.push(...(list as [string, string][]));
  else for (let at = 0; at + 1 < list.length; at += 2) pairs.push([String(list[at]), list[at + 1] as string]);
  for (const [name] of pairs) res.removeHeader(name);
  for (const [name, value] of pairs) res.appendHeader(name, value);
}
