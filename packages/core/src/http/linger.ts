import type { IncomingMessage } from 'node:http';

/** How long and how much a closing connection is still listened to. */
export interface LingerOptions {
  readonly bytes: number;
  readonly ms: number;
}

/**
 * Calls `end` once the rest of a refused body has arrived, or enough of it. Closing while bytes are on their way makes
 * the system reset the connection, and the reset can overtake the answer that was just written (RFC 9112 section 9.6).
 * Bounded both ways, so that a caller can't hold a connection with it.
 */
export function lingerBeforeEnd(
  request: IncomingMessage,
  end: () => void,
  { bytes, ms }: LingerOptions = { bytes: 1_048_576, ms: 1000 },
): void {
  if (request.complete || request.destroyed) {
    end();
    return;
  }
  let left = bytes;
  const done = (): void => {
    clearTimeout(timer);
    request.off('data', count).off('end', done).off('close', done).off('error', done);
    request.pause();
    end();
  };
  const count = (chunk: Uint8Array | string): void => {
    left -= chunk.length;
    if (left < 0) done();
  };
  const timer = setTimeout(done, ms);
  timer.unref();
  request.on('data', count).on('end', done).on('close', done).on('error', done);
  request.resume();
}
