import type http from 'node:http';
import { type Answer, call, type Wire } from '../express/wire.ts';

/** What a browser's page may say of a request. */
export interface Sent {
  readonly body?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client that keeps cookies as a browser does. */
export interface BrowserClient {
  /** By name. */
  readonly jar: Map<string, string>;
  send(method: string, path: string, sent?: Sent): Promise<Answer>;
}

/** Makes one whose pages are of an origin; `null` for a client that says nothing of where its requests come from. */
export function browserClient(wire: Wire, origin: string | null, jar: Map<string, string> = new Map()): BrowserClient {
  return {
    jar,
    async send(method, path, { body, form, headers = {} } = {}) {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const text = form ? new URLSearchParams(form).toString() : body === undefined ? undefined : JSON.stringify(body);
      const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
      const answer = await call(wire, path, {
        method,
        body: text,
        headers: {
          ...(cookie !== '' && { cookie }),
          ...(text !== undefined && { 'content-type': type }),
          ...(origin !== null && method !== 'GET' && { origin }),
          ...headers,
        },
      });
      keep(jar, answer.headers);
      return answer;
    },
  };
}

function keep(jar: Map<string, string>, { 'set-cookie': cookies = [] }: http.IncomingHttpHeaders): void {
  for (const cookie of cookies) {
    const [pair = '', ...attributes] = cookie.split('; ');
    const name = pair.slice(0, pair.indexOf('='));
    if (attributes.includes('Max-Age=0')) jar.delete(name);
    else jar.set(name, pair.slice(name.length + 1));
  }
}
