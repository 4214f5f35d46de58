import { once } from 'node:events';
import net from 'node:net';
import { type Answer, readAnswer } from './answer.ts';
import { requestBytes, type WireRequest } from './request-bytes.ts';

/** How long a case waits for a sign, ms: only a broken adapter lets it pass. */
const DEADLINE_MS = 5_000;

/** One connection to an app. */
export interface Line {
  /** Sends bytes, or a request. */
  write(what: string | Uint8Array | WireRequest): void;
  /** The next answer, or what came of it before the line ended. `method` is that of its request. */
  answer(method?: string): Promise<Answer>;
  /** Sends a request and reads its answer. */
  call(request: WireRequest): Promise<Answer>;
  /** Waits until these characters have arrived. */
  until(text: string): Promise<void>;
  /** What has arrived and was not read by `answer` yet. */
  readonly pending: Buffer;
  /** Whether the other side has ended the line. */
  readonly ended: boolean;
  /** Resolves when the other side has ended it. */
  untilEnded(): Promise<void>;
  /** Goes away. */
  drop(): void;
}

/** Opens a connection. */
export async function openLine(port: number, host = '127.0.0.1'): Promise<Line> {
  const socket = net.connect({ port, host, noDelay: true });
  await once(socket, 'connect');
  let bytes: Buffer = Buffer.alloc(0);
  let ended = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of waiting) look();
  };
  const end = (): void => {
    ended = true;
    wake();
  };
  socket
    .on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      wake();
    })
    .on('end', end)
    .on('close', end)
    .on('error', end);

  /** Looks again whenever something has come, until there is a result. */
  const sign = <T>(what: string, look: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        waiting.delete(attempt);
        act();
      };
      const attempt = (): void => {
        try {
          const result = look();
          if (result !== undefined) settle(() => resolve(result));
        } catch (error) {
          settle(() => reject(error as Error));
        }
      };
      const late = (): void => {
        const seen = JSON.stringify(bytes.toString('latin1', 0, 2_000));
        settle(() => reject(new Error(`${what} did not come within ${DEADLINE_MS} ms; there is ${seen}`)));
      };
      const timer = setTimeout(late, DEADLINE_MS);
      waiting.add(attempt);
      attempt();
    });

  const line: Line = {
    write(what) {
      socket.write(typeof what === 'string' || what instanceof Uint8Array ? what : requestBytes(what));
    },
    async answer(method = 'GET') {
      const answer = await sign('an answer', () => readAnswer(bytes, method, ended));
      bytes = bytes.subarray(answer.raw.length);
      return answer;
    },
    call(request) {
      line.write(request);
      return line.answer(request.method);
    },
    async until(text) {
      await sign(JSON.stringify(text), () => {
        if (bytes.includes(text)) return true;
        if (ended) throw new Error(`the line ended before ${JSON.stringify(text)} came`);
        return undefined;
      });
    },
    get pending() {
      return bytes;
    },
    get ended() {
      return ended;
    },
    async untilEnded() {
      await sign('the end of the line', () => ended || undefined);
    },
    drop() {
      socket.destroy();
    },
  };
  return line;
}
