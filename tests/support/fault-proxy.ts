import net from 'node:net';

/**
 * A TCP proxy that misbehaves on demand: what networks, fail-overs and poolers do to connections.
 * It forwards until it is told otherwise; `heal()` makes it forward again, for connections opened from then on.
 */
export interface FaultProxy {
  readonly port: number;
  /** The same URL by way of the proxy. */
  through(url: string): string;
  /** Falls silent both ways, on open connections and on new ones: nothing is closed, nothing answers. */
  freeze(): void;
  /** Holds each answer back for so long. */
  slowDown(ms: number): void;
  /** Closes all connections with a reset and refuses new ones in the same way. */
  cut(): void;
  /**
   * When a client sends something that contains `text` it still reaches the server, but of the answer nothing comes
   * back: the connection is closed (`reset`) or stays silent. Once.
   */
  loseAnswerTo(text: string, how?: 'reset' | 'silence'): void;
  /** Resolves when an answer has been lost and the server has given it. */
  readonly lost: Promise<void>;
  heal(): void;
  /** Connections since the start. */
  connections(): number;
  stop(): Promise<void>;
}

/** Listens on a free port of the loopback and forwards to `target` there. */
export async function startFaultProxy(target: number): Promise<FaultProxy> {
  type State = 'forward' | 'frozen' | 'cut';
  let state: State = 'forward';
  let slowMs = 0;
  let trap: { readonly text: string; readonly how: 'reset' | 'silence' } | undefined;
  let accepted = 0;
  const lost = Promise.withResolvers<void>();
  const sockets = new Set<net.Socket>();
  const keep = (socket: net.Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  };

  const server = net.createServer((client) => {
    accepted++;
    keep(client);
    if (state === 'cut') {
      client.resetAndDestroy();
      return;
    }
    if (state === 'frozen') return;
    const upstream = net.connect({ port: target, host: '127.0.0.1' });
    keep(upstream);
    /** What becomes of answers on this connection. */
    let answers: 'pass' | 'reset' | 'silence' = 'pass';
    client.on('data', (bytes) => {
      if (state !== 'forward') return;
      if (trap && bytes.includes(trap.text)) {
        answers = trap.how;
        trap = undefined;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (state !== 'forward') return;
      if (answers === 'pass') {
        if (slowMs === 0) client.write(bytes);
        else setTimeout(() => client.write(bytes), slowMs);
        return;
      }
      // the server has answered: what it did is done
      if (answers === 'reset') client.resetAndDestroy();
      lost.resolve();
    });
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => {
      if (state === 'forward' && answers !== 'silence') client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;

  return {
    port,
    through(url) {
      const other = new URL(url);
      other.host = `127.0.0.1:${port}`;
      return other.href;
    },
    freeze() {
      state = 'frozen';
    },
    slowDown(ms) {
      slowMs = ms;
    },
    cut() {
      state = 'cut';
      for (const socket of sockets) socket.resetAndDestroy();
    },
    loseAnswerTo(text, how = 'reset') {
      trap = { text, how };
    },
    lost: lost.promise,
    heal() {
      // bytes were swallowed: what was open while it was frozen can never go on
      if (state === 'frozen') for (const socket of sockets) socket.pause();
      state = 'forward';
      slowMs = 0;
    },
    connections: () => accepted,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
