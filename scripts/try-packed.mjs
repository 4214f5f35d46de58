/**
 * Packs every package, installs the tarballs into an empty folder beside the oldest Node.js that we support, and signs
 * in through them: what a user's `npm install` gives must work without the sources.
 */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const OLDEST = '22.12.0';
const platform = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'castellan-packed-'));
const npm = (args, options = {}) =>
  execFileSync('npm', [...args, '--silent', '--no-audit', '--no-fund'], { encoding: 'utf8', ...options }).trim();

try {
  const packed = fs
    .readdirSync('packages')
    .map((name) => path.join(dir, npm(['pack', '--pack-destination', dir], { cwd: path.join('packages', name) })));
  const versions = JSON.parse(fs.readFileSync('package.json', 'utf8')).devDependencies;
  const peers = ['express', 'fastify', 'koa', 'ioredis', 'kysely', 'pg', '@electric-sql/pglite'].map(
    (name) => `${name}@${versions[name]}`,
  );
  fs.writeFileSync(path.join(dir, 'package.json'), '{ "private": true, "type": "module" }\n');
  npm(['install', ...packed, ...peers, `${platform}@${OLDEST}`], { cwd: dir });
  fs.copyFileSync('scripts/packed-sign-in.mjs', path.join(dir, 'sign-in.mjs'));
  const node = path.join(dir, 'node_modules', '.bin', 'node');
  process.stdout.write(execFileSync(node, ['sign-in.mjs'], { cwd: dir, encoding: 'utf8' }));
} finally {
  fs.rmSync(dir, { recursive: true, force: true });
}
