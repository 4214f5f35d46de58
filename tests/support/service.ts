import type { ChildProcess } from 'node:child_process';
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

/** A port of the loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const s = net.createServer();
    s.once('error', reject);
    s.listen(0, '127.0.0.1', () => {
      const a = s.address();
      s.close(() => (a && typeof a === 'object' ? resolve(a.port) : reject(new Error('no port'))));
    });
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
