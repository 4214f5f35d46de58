import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { onTestFinished } from 'vitest';

/** A server of one test. */
export interface Wire {
  readonly port: number;
  readonly server: http.Server;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  /** The connection broke before the answer was whole. */
  readonly cut: boolean;
}

/** A call over a real socket. */
export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array | undefined;
  readonly agent?: http.Agent;
}

/** Listens on a free port until the test is over. */
export async function listen(handler: http.RequestListener): Promise<Wire> {
  const server = http.createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, port: (server.address() as net.AddressInfo).port };
}

/** Makes a call and reads the answer, broken ones too. */
export function call({ port }: Wire, path: string, options: Call = {}): Promise<Answer> {
  const { method = 'GET', headers = {}, body, agent } = options;
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const request = http.request(
      {
        port,
        host: '127.0.0.1',
        path,
        method,
        headers: { ...length, ...headers },
        ...(agent ? { agent } : { agent: false }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        const settle = (cut: boolean): void =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
            cut,
          });
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => settle(false));
        response.on('error', () => settle(true));
      },
    );
    request.on('error', reject);
    request.setTimeout(5000, () => request.destroy(new Error('no answer within 5 s')));
    request.end(body);
  });
}

/** Posts a value as JSON. */
export function post(wire: Wire, path: string, value: unknown, headers: Call['headers'] = {}): Promise<Answer> {
  return call(wire, path, {
    method: 'POST',
    body: typeof value === 'string' ? value : JSON.stringify(value),
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** A problem's members. */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly fields?: readonly { readonly pointer: string; readonly code: string; readonly detail: string }[];
  readonly request_id: string;
}

/** Reads an answer's JSON. */
export function json<T = Record<string, unknown>>(answer: Answer): T {
  return JSON.parse(answer.body.toString()) as T;
}

/** Reads a problem, and checks what every problem has. */
export function problem(answer: Answer): ProblemBody {
  if (answer.headers['content-type'] !== 'application/problem+json')
    throw new Error(`no problem but ${answer.status} ${answer.headers['content-type']}: ${answer.body.toString()}`);
  const body = json<ProblemBody>(answer);
  if (body.status !== answer.status) throw new Error(`status ${body.status} in the body of a ${answer.status}`);
  if (answer.headers['x-request-id'] !== body.request_id) throw new Error('another request id in the header');
  if (answer.headers['cache-control'] !== 'no-store') throw new Error('a problem may be cached');
  return body;
}

/** Writes bytes on a bare socket and collects what comes back until the other side ends, or `until` is in it. */
export async function raw(wire: Wire, bytes: string | Uint8Array, until?: string): Promise<string> {
  const socket = net.connect(wire.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let seen = '';
  const done = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
      if (until !== undefined && seen.includes(until)) resolve();
    });
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
    socket.setTimeout(5000, () => resolve());
  });
  socket.write(bytes);
  await done;
  socket.destroy();
  return seen;
}
