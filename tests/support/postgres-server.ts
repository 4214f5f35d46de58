import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { dropRoot, embeddedPostgres, isPostgresReady, postgresBinDir } from './postgres.ts';
import { freePort, until } from './service.ts';

/** A PostgreSQL of one's own, for tests that take it down and for measuring. */
export interface PostgresServer {
  /** A superuser's URL. The port stays the same over restarts. */
  readonly url: string;
  readonly port: number;
  /** Directory of the programs that came with the server (`pgbench` among them, where it is packaged). */
  readonly bin: string;
  /** Ends it and every connection at once (`pg_ctl stop -m fast`); the data stay. */
  stopServer(): Promise<void>;
  /** As a power cut would: no goodbye to anybody. */
  killServer(): Promise<void>;
  /** Starts it again on the same data and port. */
  startServer(): Promise<void>;
  /** Ends it for good and removes the data. */
  stop(): Promise<void>;
}

/** How a server is set up. */
export interface PostgresServerOptions {
  /** Whether COMMIT waits for the disk. Default false. */
  readonly fsync?: boolean;
  /** Further settings: `['work_mem=8MB']`. */
  readonly settings?: readonly string[];
}

/** Makes a throw-away cluster and starts it. */
export async function startPostgresServer(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const bin = postgresBinDir() ?? embeddedPostgres();
  if (!bin) throw new Error('the programs of PostgreSQL are needed: `apt-get install postgresql`');
  const id = dropRoot();
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'castellan-pg-'));
  if (id.uid !== undefined && id.gid !== undefined) fs.chownSync(dir, id.uid, id.gid);
  const data = path.join(dir, 'data');
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  execFileSync(
    path.join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
    { ...id, env, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const port = await freePort();
  const durable = options.fsync ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
  const settings = [
    ...durable,
    'max_connections=100',
    'shared_buffers=64MB',
    'timezone=UTC',
    ...(options.settings ?? []),
  ];
  const flags = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', dir];

  let child: ChildProcess | undefined;
  // the server and its directory go away even where the runner dies half-way
  const removeAll = (): void => {
    child?.kill('SIGKILL');
    fs.rmSync(dir, { recursive: true, force: true });
  };
  process.once('exit', removeAll);

  const end = (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return Promise.resolve();
    return new Promise((resolve) => {
      running.once('exit', () => resolve());
      running.kill(signal);
    });
  };
  const start = async (): Promise<void> => {
    let log = '';
    const started = spawn(path.join(bin, 'postgres'), [...flags, ...settings.flatMap((s) => ['-c', s])], {
      ...id,
      env,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = started;
    started.stderr?.on('data', (text) => {
      log = (log + text).slice(-4000);
    });
    await until(
      'postgres',
      started,
      () => log,
      () => isPostgresReady(port),
    );
  };
  const server: PostgresServer = {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    port,
    bin,
    stopServer: () => end('SIGINT'),
    killServer: () => end('SIGKILL'),
    async startServer() {
      const giveUp = Date.now() + 10_000;
      for (;;) {
        try {
          return await start();
        } catch (error) {
          // after a kill the children of the old one may still be leaving; it is right to wait for them
          if (!String(error).includes('shared memory') || Date.now() > giveUp) throw error;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    },
    async stop() {
      process.removeListener('exit', removeAll);
      await end('SIGINT');
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
  await server.startServer();
  return server;
}
