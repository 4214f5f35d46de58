import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { environmentVariables, readConfiguration } from './configuration.ts';

const example = fs.readFileSync(path.resolve(import.meta.dirname, '../.env.example'), 'utf8');
let data: string;
beforeEach(() => {
  data = fs.mkdtempSync(path.join(os.tmpdir(), 'castellan-configuration-'));
});
afterEach(() => fs.rmSync(data, { recursive: true, force: true }));
const read = (env: NodeJS.ProcessEnv) => readConfiguration({ CASTELLAN_DATA: data, ...env }, () => {});

test('.env.example documents each variable once, and no other', () => {
  const documented = [...example.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => String(name));
  expect(documented.sort()).toEqual([...environmentVariables].sort());
});
test('what .env.example sets is the default', async () => {
  expect(await read(parseEnv(example))).toEqual(await read({}));
});
test.each([
  ['CASTELLAN_REISSUE_WINDOW', 'forever', "must be a duration such as '10s', 'unlimited' or 'off'"],
  ['CASTELLAN_REFRESH_GRACE', '10 seconds', "must be a duration such as '10s', '15m' or '14d'"],
  [
    'CASTELLAN_TIERS',
    '{',
    'must be JSON such as {"free":{"rank":0,"limit":"60/1m"},"pro":{"rank":1,"limit":"600/1m"}}',
  ],
  ['CASTELLAN_LIMIT_LOGIN', '5 a minute', "must be a limit such as '5/1m'"],
  ['CASTELLAN_ISSUER', 'api', 'Invalid URL'],
])('a bad %s is told once, with what is wanted', async (name, value, wanted) => {
  await expect(read({ [name]: value })).rejects.toThrow(new Error(`configuration: ${name}: ${wanted}`));
});
test.each([
  ['CASTELLAN_KEYS', 'npx castellan-postgres keys makes one'],
  ['CASTELLAN_PEPPERS', 'npx castellan-postgres keys --peppers makes one'],
])('production refuses to start without %s and says how to make it', async (name, how) => {
  const given = { CASTELLAN_KEYS: 'x', CASTELLAN_PEPPERS: 'x', CASTELLAN_ISSUER: 'https://api.example.com' };
  await expect(read({ NODE_ENV: 'production', ...given, [name]: '' })).rejects.toThrow(
    new Error(`configuration: ${name} must be set in production; ${how}`),
  );
});
test('keys and peppers made in development are the same at the next start, readable by the owner only', async () => {
  const [first, second] = [await read({}), await read({})];
  expect([second.keys, second.peppers]).toEqual([first.keys, first.peppers]);
  for (const file of fs.readdirSync(data)) expect(fs.statSync(path.join(data, file)).mode & 0o077).toBe(0);
});
