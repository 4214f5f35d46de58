/** What an app has to install, and what importing core costs. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Figure, median } from './measure.ts';

const root = path.resolve(import.meta.dirname, '..');
const versions = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8')).devDependencies as Record<
  string,
  string
>;
const npm = (args: readonly string[], cwd: string): string =>
  execFileSync('npm', [...args, '--silent', '--no-audit', '--no-fund'], { cwd, encoding: 'utf8' }).trim();
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'castellan-install-'));

function sizeOf(dir: string): number {
  return fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .reduce((sum, entry) => sum + (entry.isFile() ? fs.lstatSync(path.join(entry.parentPath, entry.name)).size : 0), 0);
}
/** Packages and megabytes of a fresh install, `except` not counted. */
function install(name: string, specs: readonly string[]): { packages: number; megabytes: number; dir: string } {
  const dir = path.join(folder, name);
  fs.mkdirSync(dir);
  fs.writeFileSync(path.join(dir, 'package.json'), '{ "private": true, "type": "module" }');
  npm(['install', '--omit=peer', '--legacy-peer-deps', ...specs], dir);
  const lock = JSON.parse(fs.readFileSync(path.join(dir, 'node_modules/.package-lock.json'), 'utf8')) as {
    packages: object;
  };
  return { packages: Object.keys(lock.packages).length, megabytes: sizeOf(path.join(dir, 'node_modules')) / 1e6, dir };
}

try {
  npm(['run', 'build'], root);
  const pack = (name: string): string =>
    path.join(folder, npm(['pack', '--pack-destination', folder], path.join(root, 'packages', name)));
  const [core, adapter, store] = ['core', 'adapter-express', 'store-postgres'].map(pack) as [string, string, string];
  const small = install('small', [core, adapter]);
  const large = install('large', [core, adapter, store, `pg@${versions['pg']}`, `kysely@${versions['kysely']}`]);
  const times = Array.from({ length: 9 }, () =>
    Number(
      execFileSync(
        process.execPath,
        ['-e', 'const t = performance.now(); import("@castellan/core").then(() => console.log(performance.now() - t))'],
        { cwd: small.dir, encoding: 'utf8' },
      ),
    ),
  );
  const figures: Figure[] = [
    { name: 'core + Express adapter, packages', measured: '', ratio: small.packages, goal: { atMost: 8 } },
    { name: 'core + Express adapter, MB', measured: '', ratio: small.megabytes, goal: { atMost: 15 } },
    {
      name: 'with the PostgreSQL store, pg and kysely, packages',
      measured: '',
      ratio: large.packages,
      goal: { atMost: 30 },
    },
    {
      name: 'with the PostgreSQL store, pg and kysely, MB',
      measured: '',
      ratio: large.megabytes,
      goal: { atMost: 30 },
    },
    { name: 'import of core, ms', measured: `median of ${times.length}`, ratio: median(times), goal: { atMost: 60 } },
  ];
  console.log(JSON.stringify(figures));
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
