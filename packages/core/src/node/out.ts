import type { ServerResponse } from 'node:http';
import type { Callback } from './chunk.ts';

/** The ways out of an answer. */
export interface Out {
  writeHead(...given: unknown[]): unknown;
  write(chunk: string | Uint8Array, callback?: Callback): boolean;
  end(chunk?: string | Uint8Array | null, callback?: Callback): unknown;
  flushHeaders(): void;
}

/** The ways out as they are now, whatever is put in their place afterwards. */
export function outOf(res: ServerResponse): Out {
  const write = res.write.bind(res) as Out['write'];
  const end = res.end.bind(res) as Out['end'];
  return {
    writeHead: res.writeHead.bind(res) as Out['writeHead'],
    write,
    // that of HTTP/2 gives its chunk to whatever `write` is now
    end(chunk, callback) {
      if (res.req.httpVersionMajor < 2 || chunk === undefined || chunk === null) return end(chunk, callback);
      write(chunk);
      return end(null, callback);
    },
    flushHeaders: res.flushHeaders.bind(res),
  };
}
