import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Accepts no more, lets open requests finish, and cuts what is still open after the time. */
  close(withinMs: number): Promise<void>;
}

/** @throws Error of the system: the port is taken, say */
export async function listen(listener: http.RequestListener, port: number, host: string): Promise<Listening> {
  const server = http.createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close(withinMs) {
      // who comes on an open connection is answered, and told that it ends
      server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
      const idle = setInterval(() => server.closeIdleConnections(), 500);
      const cut = setTimeout(() => server.closeAllConnections(), withinMs);
      await new Promise((closed) => {
        server.close(closed);
        server.closeIdleConnections();
      });
      clearInterval(idle);
      clearTimeout(cut);
    },
  };
}
