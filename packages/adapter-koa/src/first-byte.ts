import { Readable } from 'node:stream';
import type { KoaContext } from './koa-framework.ts';

/**
 * The stream that a context's body is, also one of the `readable-stream` package. A web stream is made one of Node's, as
 * Koa does when it sends it.
 */
export function sourceOf(context: Pick<KoaContext, 'body' | 'res'>): Readable | undefined {
  const { body, res } = context;
  if (body instanceof ReadableStream) {
    const source = Readable.from(body);
    const length = res.getHeader('content-length');
    context.body = source; // which takes the handler's length off
    if (length !== undefined) res.setHeader('content-length', length);
    return source;
  }
  return isReadable(body) ? body : undefined;
}

function isReadable(body: unknown): body is Readable {
  if (body instanceof Readable) return true;
  const { pipe, readableLength } = (body ?? {}) as Partial<Readable>;
  return typeof pipe === 'function' && typeof readableLength === 'number';
}

/**
 * Waits for the first byte of a source. Koa's pipeline destroys the answer with its source: one that fails before its
 * first byte would leave the caller without any.
 */
export function begun(source: Readable): Promise<void> {
  if (source.readableLength > 0 || source.readableEnded || source.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const settle = (): void => {
      for (const sign of SIGNS) source.off(sign, settle);
      resolve();
    };
    for (const sign of SIGNS) source.on(sign, settle);
  });
}

const SIGNS = ['readable', 'end', 'close', 'error'];
