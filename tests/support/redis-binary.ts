import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { which } from './service.ts';

/** A redis-server, or a Valkey, and what its process needs. */
export interface RedisBinary {
  readonly path: string;
  /** How it was found. */
  readonly how: string;
  readonly env: NodeJS.ProcessEnv;
}

const cache: string = path.resolve(import.meta.dirname, '../../.cache/services');

/** The server on this machine; `null` where there is none. */
export function installedRedis(): RedisBinary | null {
  const own = process.env['REDIS_SERVER_BIN'] ?? which('redis-server') ?? which('valkey-server');
  return own ? { path: own, how: 'own server', env: {} } : null;
}

/**
 * The server of Debian's or Ubuntu's packages, unpacked below `.cache/services`. Nothing is installed and no root is
 * needed; `apt-get` checks what it fetches. `null` on other systems.
 */
export function fetchedRedis(): RedisBinary | null {
  if (!which('apt-get') || !which('dpkg-deb')) return null;
  const dest = path.join(cache, `redis-${process.arch}`);
  if (!fs.existsSync(dest)) {
    fs.mkdirSync(cache, { recursive: true });
    // what is there under its name is whole, also when two runs fetch at the same time
    const work = fs.mkdtempSync(path.join(cache, 'fetch-'));
    try {
      unpackInto(work);
      fs.renameSync(path.join(work, 'root'), dest);
    } catch (error) {
      if (!fs.existsSync(dest)) throw error;
    } finally {
      fs.rmSync(work, { recursive: true, force: true });
    }
  }
  const lib = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  const env = { LD_LIBRARY_PATH: path.join(dest, 'usr/lib', lib) };
  return { path: path.join(dest, 'usr/bin/redis-server'), how: 'fetched from Debian packages', env };
}

function unpackInto(work: string): void {
  for (const folder of ['lists/partial', 'archives/partial', 'debs', 'root'])
    fs.mkdirSync(path.join(work, folder), { recursive: true });
  const debs = path.join(work, 'debs');
  const apt = (...args: string[]): void => {
    const settings = [`Dir::State::lists=${work}/lists`, `Dir::Cache=${work}`, 'Debug::NoLocking=1'];
    // the user that apt would change to cannot write here
    const options = [...settings, 'APT::Sandbox::User=root'].flatMap((setting) => ['-o', setting]);
    execFileSync('apt-get', ['-q', ...options, ...args], { cwd: debs, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  apt('update');
  apt('download', 'redis-tools');
  const tools = fs.readdirSync(debs).map((file) => path.join(debs, file));
  const missing = tools.flatMap(librariesOf).filter((name) => !isInstalled(name));
  if (missing.length) apt('download', ...missing);
  const root = path.join(work, 'root');
  for (const file of fs.readdirSync(debs)) execFileSync('dpkg-deb', ['-x', path.join(debs, file), root]);
  // one program under several names: it goes by the name that it is called by
  const server = path.join(root, 'usr/bin/redis-server');
  if (!fs.existsSync(server)) fs.symlinkSync('redis-check-rdb', server);
}

function librariesOf(deb: string): readonly string[] {
  const depends = execFileSync('dpkg-deb', ['-f', deb, 'Depends'], { encoding: 'utf8' });
  return depends.split(',').flatMap((entry) => /^\s*(lib[\w.+-]+)/.exec(entry)?.[1] ?? []);
}

function isInstalled(name: string): boolean {
  try {
    const status = execFileSync('dpkg-query', ['-s', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return /^Status: .* installed$/m.test(status);
  } catch {
    return false;
  }
}
