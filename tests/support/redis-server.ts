import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fetchedRedis, installedRedis, type RedisBinary } from './redis-binary.ts';
import { ask, freePort, until } from './service.ts';

/** A Redis of one's own, for tests that take it down, for a cluster, and for measuring. Nothing is written to disk. */
export interface RedisServer {
  readonly url: string;
  /** Stays the same over restarts. */
  readonly port: number;
  /** Falls silent: connections stay open and are accepted, nothing answers. */
  freeze(): void;
  /** Goes on. */
  thaw(): void;
  /** As a power cut would: no goodbye to anybody, and all data are lost. */
  killServer(): Promise<void>;
  /** Starts it again on the same port, empty. */
  startServer(): Promise<void>;
  /** Ends it for good and removes its directory. */
  stop(): Promise<void>;
}

/** How a server is set up. */
export interface RedisServerOptions {
  readonly binary?: RedisBinary;
  readonly port?: number;
  /** Further arguments: `['--cluster-enabled', 'yes']`. */
  readonly args?: readonly string[];
}

/** The binary that tests start servers from (`TEST_SERVICES=own|fetch` forces one of the two). */
export function redisBinary(): RedisBinary {
  const only = process.env['TEST_SERVICES'];
  const found = (only === 'fetch' ? null : installedRedis()) ?? (only === 'own' ? null : fetchedRedis());
  if (!found) throw new Error('Redis 7+ or Valkey is needed: `apt-get install redis-server`, or `brew install redis`');
  return found;
}

/** Whether a Redis answers on this port of the loopback. */
export async function isRedis(port: number): Promise<boolean> {
  const answer = await ask(port, 'PING\r\n');
  return answer !== null && (answer[0] === 0x2b || answer[0] === 0x2d);
}

/** Starts a throw-away server. */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const binary = options.binary ?? redisBinary();
  const port = options.port ?? (await freePort());
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'castellan-redis-'));
  const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir];

  let child: ChildProcess | undefined;
  // the server and its directory go away even where the runner dies half-way
  const removeAll = (): void => {
    child?.kill('SIGKILL');
    fs.rmSync(dir, { recursive: true, force: true });
  };
  process.once('exit', removeAll);

  const kill = (): Promise<void> => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      running.once('exit', () => resolve());
      running.kill('SIGKILL');
    });
  };
  const server: RedisServer = {
    url: `redis://127.0.0.1:${port}`,
    port,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    killServer: kill,
    async startServer() {
      let log = '';
      const started = spawn(binary.path, [...fixed, ...(options.args ?? [])], {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, ...binary.env },
      });
      child = started;
      const keep = (text: Buffer): void => {
        log = (log + text).slice(-4000);
      };
      started.stdout?.on('data', keep);
      started.stderr?.on('data', keep);
      const answers = (): Promise<boolean> => isRedis(port);
      await until('redis-server', started, () => log, answers);
    },
    async stop() {
      process.removeListener('exit', removeAll);
      await kill();
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
  await server.startServer();
  return server;
}
