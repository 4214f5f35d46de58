/** Called when a chunk was handed on. */
export type Callback = (error?: Error | null) => void;

/** What `res.write(chunk, encoding?, callback?)` was told. */
export interface Chunk {
  readonly bytes: Uint8Array;
  readonly callback: Callback | undefined;
}

/** What `res.end(chunk?, encoding?, callback?)` was told. UTF-8 text stays text, so that it is encoded once. */
export interface LastChunk {
  readonly body: string | Uint8Array | null;
  readonly callback: Callback | undefined;
}

/** @throws TypeError for what Node can't write either */
export function readChunk([chunk, second, third]: readonly unknown[]): Chunk {
  return { bytes: bytesOf(chunk, second), callback: callbackOf(second, third) };
}

/** @throws TypeError for what Node can't write either */
export function readEnd([first, second, third]: readonly unknown[]): LastChunk {
  if (isCallback(first)) return { body: null, callback: first };
  const callback = callbackOf(second, third);
  if (first === undefined || first === null) return { body: null, callback };
  const isText = typeof first === 'string' && (typeof second !== 'string' || /^utf-?8$/i.test(second));
  return { body: isText ? first : bytesOf(first, second), callback };
}

function bytesOf(chunk: unknown, encoding: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === 'string')
    return Buffer.from(chunk, typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8');
  throw new TypeError(`The chunk must be a string or a Uint8Array, not ${chunk === null ? 'null' : typeof chunk}`);
}

function callbackOf(...given: readonly unknown[]): Callback | undefined {
  return given.find(isCallback);
}

function isCallback(argument: unknown): argument is Callback {
  return typeof argument === 'function';
}
