import { once } from 'node:events';
import type http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListeningApp } from '@castellan/testkit';

/** Lets a server of Node listen. */
export async function listening(
  server: http.Server,
  host = '127.0.0.1',
  stop: () => Promise<void> = async () => {},
): Promise<ListeningApp> {
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await stop();
    },
  };
}
