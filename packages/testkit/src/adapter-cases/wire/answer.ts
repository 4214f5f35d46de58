/** An answer as it came over the socket. */
export interface Answer {
  /** 0 when the line ended before a status came. */
  readonly status: number;
  readonly reason: string;
  /** Every field line in its order, as it was spelled. */
  readonly lines: readonly (readonly [name: string, value: string])[];
  /** Values by lower-case name. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Buffer;
  /** The line ended before the answer was whole. */
  readonly cut: boolean;
  /** Statuses of interim answers before it, such as 100. */
  readonly interim: readonly number[];
  /** All its bytes, interim answers too. */
  readonly raw: Buffer;
}

interface Head {
  readonly status: number;
  readonly reason: string;
  readonly lines: readonly (readonly [string, string])[];
  readonly headers: Record<string, string[]>;
  /** Where the body begins. */
  readonly at: number;
}

/**
 * Reads one answer off the front of what has arrived. `undefined`: there is more to come.
 *
 * @param method of the request that is answered: to `HEAD` no body follows
 * @param ended the other side sends nothing any more
 * @throws Error where the bytes are no HTTP
 */
export function readAnswer(bytes: Buffer, method: string, ended: boolean): Answer | undefined {
  const interim: number[] = [];
  let head = readHead(bytes, 0);
  while (head && head.status >= 100 && head.status < 200) {
    interim.push(head.status);
    head = readHead(bytes, head.at);
  }
  if (!head) {
    if (!ended) return undefined;
    return { status: 0, reason: '', lines: [], headers: {}, body: Buffer.alloc(0), cut: true, interim, raw: bytes };
  }
  const { status, reason, lines, headers, at } = head;
  const framed = bodyless(method, status) ? { body: Buffer.alloc(0), end: at } : readBody(bytes, head, ended);
  if (!framed && !ended) return undefined;
  const { body, end } = framed ?? { body: partOf(bytes, head), end: bytes.length };
  return { status, reason, lines, headers, body, cut: !framed, interim, raw: bytes.subarray(0, end) };
}

function readHead(bytes: Buffer, from: number): Head | undefined {
  const end = bytes.indexOf('\r\n\r\n', from);
  if (end < 0) return undefined;
  const [first = '', ...rest] = bytes.toString('latin1', from, end).split('\r\n');
  const match = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(first);
  if (!match) throw new Error(`no status line: ${JSON.stringify(first)}`);
  const lines = rest.map((line): [string, string] => {
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`no header field: ${JSON.stringify(line)}`);
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const headers: Record<string, string[]> = {};
  for (const [name, value] of lines) headers[name.toLowerCase()] = [...(headers[name.toLowerCase()] ?? []), value];
  return { status: Number(match[1]), reason: match[2] ?? '', lines, headers, at: end + 4 };
}

/** RFC 9112 section 6.3. */
function bodyless(method: string, status: number): boolean {
  return method === 'HEAD' || status === 204 || status === 304;
}

interface Framed {
  readonly body: Buffer;
  readonly end: number;
}

function readBody(bytes: Buffer, { headers, at }: Head, ended: boolean): Framed | undefined {
  if (headers['transfer-encoding']) {
    const { parts, end } = readChunks(bytes, at);
    return end === undefined ? undefined : { body: Buffer.concat(parts), end };
  }
  const [length] = headers['content-length'] ?? [];
  if (length === undefined) {
    if (!ended) return undefined;
    // RFC 9112 section 9.6: whose body ends with the connection has to say so
    if (headers['connection']?.join().toLowerCase() !== 'close')
      throw new Error('neither length nor chunks, nor a word of the end');
    return { body: bytes.subarray(at), end: bytes.length };
  }
  const end = at + Number(length);
  return bytes.length < end ? undefined : { body: bytes.subarray(at, end), end };
}

/** What has come of a body that is not whole. */
function partOf(bytes: Buffer, { headers, at }: Head): Buffer {
  return headers['transfer-encoding'] ? Buffer.concat(readChunks(bytes, at).parts) : bytes.subarray(at);
}

/** Chunks as far as they are there; `end` when the last one is. Trailers are skipped. */
function readChunks(bytes: Buffer, from: number): { readonly parts: Buffer[]; readonly end?: number } {
  const parts: Buffer[] = [];
  for (let at = from; ; ) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return { parts };
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (Number.isNaN(size)) throw new Error(`no chunk: ${JSON.stringify(bytes.toString('latin1', at, line))}`);
    if (size === 0) {
      const end = bytes.indexOf('\r\n\r\n', line);
      return end < 0 ? { parts } : { parts, end: end + 4 };
    }
    const next = line + 2 + size;
    parts.push(bytes.subarray(line + 2, Math.min(next, bytes.length)));
    if (bytes.length < next + 2) return { parts };
    at = next + 2;
  }
}
