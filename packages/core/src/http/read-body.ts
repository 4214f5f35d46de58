import type { IncomingMessage } from 'node:http';
import type { RequestBody } from './exchange.ts';
import { type BodyKind, bodyKind, parseBody } from './parse-body.ts';
import { Problem } from './problem.ts';

/** Bytes that an endpoint of the library reads at most. */
export const BODY_LIMIT = 65_536;

/**
 * Reads and parses a request's body. What can be refused by the head alone is refused before a byte is read; of a body
 * that is too large nothing is kept, and the connection ends with the answer (`Connection: close`).
 *
 * @throws Problem `body_too_large`, `unsupported_media_type`, `malformed_body`
 */
export async function readBody(
  request: IncomingMessage,
  accept: readonly BodyKind[],
  limit: number = BODY_LIMIT,
): Promise<RequestBody> {
  if (!announcesBody(request)) return { value: undefined, raw: undefined };
  const kind = bodyKind(request.headers, accept);
  if (Number(request.headers['content-length']) > limit) throw tooLarge(limit);
  return parseBody(await readBytes(request, limit), kind);
}

/** Whether the head says that a body follows (RFC 9112 section 6.3). */
export function announcesBody({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function readBytes(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    const settle = (outcome: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('close', onCut).off('error', onCut);
      outcome();
    };
    const onData = (chunk: Uint8Array | string): void => {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk; // somebody called setEncoding
      size += bytes.byteLength;
      if (size <= limit) chunks.push(bytes);
      else {
        request.pause();
        settle(() => reject(tooLarge(limit)));
      }
    };
    const onEnd = (): void => settle(() => resolve(Buffer.concat(chunks, size)));
    // nobody is left to read the answer, but guards still see how it ended
    const onCut = (): void =>
      settle(() => {
        request.on('error', () => {}); // 'aborted' may come after 'close'
        reject(new Problem('malformed_body', { detail: 'The body ended too early.' }));
      });
    request.on('data', onData).on('end', onEnd).on('close', onCut).on('error', onCut);
    if (request.destroyed) onCut();
  });
}

function tooLarge(limit: number): Problem {
  return new Problem('body_too_large', {
    detail: `At most ${limit} bytes are read.`,
    headers: { connection: 'close' },
  });
}
