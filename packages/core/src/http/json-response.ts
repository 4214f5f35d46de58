import type { Headers, HttpResponse } from './exchange.ts';

/**
 * A JSON answer. It says `Cache-Control: no-store` unless `headers` say otherwise: what the library's endpoints answer
 * is a secret or about a person.
 *
 * @param headers lower-case names
 */
export function jsonResponse(status: number, value: unknown, headers: Headers = {}): HttpResponse {
  const body = JSON.stringify(value);
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'content-length': String(Buffer.byteLength(body)),
      ...headers,
    },
    body,
  };
}

/** An answer without a body: 204. */
export function emptyResponse(headers: Headers = {}): HttpResponse {
  return { status: 204, headers: { 'cache-control': 'no-store', ...headers }, body: null };
}
