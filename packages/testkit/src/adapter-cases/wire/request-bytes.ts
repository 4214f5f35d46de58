/** A request as a case tells it. */
export interface WireRequest {
  /** Default `GET`. */
  readonly method?: string;
  /** As it stands in the request line. Default `/`. */
  readonly target?: string;
  /** A name with several values is sent several times. `Host` and the body's length are added unless they are here. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  /** The body goes out in one chunk, without a length. */
  readonly chunked?: boolean;
}

/** The bytes of a request. Nothing is checked: that is what the server is asked. */
export function requestBytes({ method = 'GET', target = '/', headers = {}, body, chunked }: WireRequest): Buffer {
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(body);
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const lines = [`${method} ${target} HTTP/1.1`];
  if (!given.has('host')) lines.push('Host: app.example');
  for (const [name, values] of Object.entries(headers))
    for (const value of typeof values === 'string' ? [values] : values) lines.push(`${name}: ${value}`);
  if (chunked) lines.push('Transfer-Encoding: chunked');
  else if (body !== undefined && !given.has('content-length')) lines.push(`Content-Length: ${bytes.length}`);
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  if (!chunked) return Buffer.concat([head, bytes]);
  const chunk = bytes.length === 0 ? [] : [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')];
  return Buffer.concat([head, ...chunk, Buffer.from('0\r\n\r\n')]);
}
