import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Exchange, type HttpResponse, isFlowing, lingerBeforeEnd } from '../http/index.ts';
import type { Out } from './out.ts';
import { forgetPhrase, isBodyless, takeOff } from './response-head.ts';

/** Sends an answer of ours whole, unless somebody has answered already or nobody is left to read it. */
export function send(req: IncomingMessage, res: ServerResponse, exchange: Exchange, response: HttpResponse): void {
  if (res.headersSent || res.destroyed) return;
  for (const [name, value] of Object.entries(exchange.headers)) res.setHeader(name, value);
  if (res.statusCode !== response.status) {
    res.statusCode = response.status;
    forgetPhrase(res);
  }
  for (const [name, value] of Object.entries(response.headers)) res.setHeader(name, value);
  sendBody(req, res, response);
}

/**
 * Ends an answer whose head is complete.
 *
 * @param out the ways out beneath a capture, when the answer must not pass by it again
 */
export function sendBody(
  req: IncomingMessage,
  res: ServerResponse,
  { status, headers, body }: HttpResponse,
  out: Out = res as Out,
): void {
  const bytes = body === null || isFlowing(body) || isBodyless(status) ? null : body;
  if (bytes !== null) {
    takeOff(res, 'transfer-encoding');
    res.setHeader('content-length', Buffer.byteLength(bytes));
  }
  const payload = req.method === 'HEAD' ? null : bytes;
  if (headers['connection'] !== 'close' || req.complete) {
    if (payload === null) out.end();
    else out.end(payload);
    return;
  }
  // the caller is still sending: let it read the answer before the connection closes
  if (payload === null) out.flushHeaders();
  else out.write(payload);
  lingerBeforeEnd(req, () => out.end());
}
