import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';

/** A server that tests use. */
export interface Service {
  /** How it was found. */
  readonly how: string;
  readonly url: string;
  readonly ms: number;
  stop(): Promise<void>;
}

/** Below what systems give out by themselves, and so that a port 10,000 above is, too. */
const FIRST_PORT = 10_240;
const PORTS = 12_500;

/**
 * A port of the loopback that nobody listens on. Not one of those that the system gives to connections: files run side
 * by side, and one of their sockets would take it before the server is there, or while a test has it down.
 *
 * @param beside what has to be free: ports above it, and 0 for itself
 */
export async function freePort(beside: readonly number[] = [0]): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = FIRST_PORT + randomInt(PORTS);
    const free = await Promise.all(beside.map((above) => isFree(port + above)));
    if (!free.includes(false)) return port;
  }
  throw new Error('no free port');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Sends bytes, gives the first answer; `null` where nothing answers. */
export function ask(port: number, bytes: Buffer | string, ms = 400): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const s = net.connect({ port, host: '127.0.0.1' });
    const done = (v: Buffer | null): void => {
      s.destroy();
      resolve(v);
    };
    s.setTimeout(ms, () => done(null));
    s.once('error', () => done(null));
    s.once('connect', () => s.write(bytes));
    s.once('data', done);
  });
}

/** Waits until a server that was just started answers. */
export async function until(
  what: string,
  child: ChildProcess,
  log: () => string,
  probe: () => Promise<boolean>,
): Promise<void> {
  const end = Date.now() + 20_000;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${what} stopped at start:\n${log()}`);
    if (await probe()) return;
    if (Date.now() > end) throw new Error(`${what} did not answer in 20 s:\n${log()}`);
    await new Promise((r) => setTimeout(r, 15));
  }
}

/** The full path of a program in PATH, links resolved. */
export function which(name: string): string | null {
  for (const dir of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const f = path.join(dir, name);
    try {
      fs.accessSync(f, fs.constants.X_OK);
      return fs.realpathSync(path.dirname(f)) + path.sep + name;
    } catch {}
  }
  return null;
}

/** Ends a server and removes its directory. */
export function stopper(child: ChildProcess, signal: NodeJS.Signals, dir: string): () => Promise<void> {
  // the temp directory and the server go away even where the runner dies half-way
  const kill = (): void => {
    child.kill('SIGKILL');
    fs.rmSync(dir, { recursive: true, force: true });
  };
  process.once('exit', kill);
  return async () => {
    process.removeListener('exit', kill);
    if (child.exitCode === null && child.signalCode === null) {
      await new Promise<void>((resolve) => {
        const hard = setTimeout(() => child.kill('SIGKILL'), 5000);
        child.once('exit', () => {
          clearTimeout(hard);
          resolve();
        });
        child.kill(signal);
      });
    }
    fs.rmSync(dir, { recursive: true, force: true });
  };
}
