/** An answer, as the tour checks it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: the tour reads what the wire holds, checked step by step
  readonly body: any;
}

/** Sends one request and prints both sides in a readable way. */
export type Send = (
  method: string,
  path: string,
  options?: { readonly token?: string; readonly body?: object },
) => Promise<Answer>;

const SHOWN = ['retry-after', 'ratelimit', 'ratelimit-policy', 'www-authenticate', 'location'];

/** A client that prints; tokens are shortened, as nobody reads them and a log should not hold them. */
export function printingClient(url: string, print: (line: string) => void): Send {
  return async (method, path, { token, body } = {}) => {
    print(`  > ${method} ${path}${token ? `   authorization: Bearer ${short(token)}` : ''}`);
    if (body) print(`  >   ${shorten(body)}`);
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    const headers = SHOWN.flatMap((name) =>
      response.headers.has(name) ? [`${name}: ${response.headers.get(name)}`] : [],
    );
    print(`  < ${response.status}${headers.length ? `   ${headers.join(', ')}` : ''}`);
    for (const line of answer === undefined ? [] : linesOf(answer)) print(`  <   ${line}`);
    return { status: response.status, headers: response.headers, body: answer };
  };
}

/** A body as lines: one for all, or one for each item of a list, cut where it gets long. */
function linesOf(body: unknown): readonly string[] {
  if (typeof body !== 'object' || body === null || !('items' in body) || !Array.isArray(body.items))
    return [shorten(body)];
  const { items, ...rest } = body;
  const cut = (line: string): string => (line.length > 160 ? `${line.slice(0, 160)}…` : line);
  return [...items.map((item) => cut(shorten(withoutIds(item)))), shorten(rest)];
}

/** What a reader looks at first comes first. */
function withoutIds(item: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(item).filter(([name]) => name !== 'id' && name !== 'request_id'));
}

const short = (token: string): string => (token.length > 24 ? `${token.slice(0, 10)}…${token.slice(-6)}` : token);

function shorten(value: unknown): string {
  return JSON.stringify(value, (key, inner) => {
    if (typeof inner !== 'string') return inner;
    if (key.endsWith('password')) return '********';
    return key.endsWith('_token') ? short(inner) : inner;
  });
}
