import fs from 'node:fs';
import path from 'node:path';
import { createCastellan, memoryStores } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { beforeAll, expect, test } from 'vitest';

const document = fs.readFileSync(path.resolve(import.meta.dirname, '../../docs/http-api.md'), 'utf8');
const rows = [...document.matchAll(/^\| `([A-Z]+) \/auth(\/\S*)` \| (.+?) \|/gm)].map(([, method, at, needs]) => ({
  method: String(method),
  path: String(at),
  needs: String(needs),
}));

let match: (method: string, path: string) => unknown;
beforeAll(async () => {
  const castellan = createCastellan({
    issuer: 'https://api.example.com',
    keys: await generateKeys(),
    peppers: generatePepper(),
    stores: memoryStores(),
    cookies: true,
    securityHeaders: 'prod',
  });
  match = castellan.http.match;
});

test('docs/http-api.md tells of each mounted endpoint whether it needs an access token', () => {
  expect(rows.length).toBeGreaterThan(10);
  for (const { method, path: at, needs } of rows)
    expect(match(method, at), `${method} ${at}`).toMatchObject({ endpoint: { path: at, public: needs === '–' } });
});

test('docs/http-api.md has every path that core declares', () => {
  const core = path.resolve(import.meta.dirname, '../../packages/core/src');
  const declared = fs
    .readdirSync(core, { recursive: true, encoding: 'utf8' })
    .filter((file) => /endpoints?\.ts$/.test(file))
    .flatMap((file) => [...fs.readFileSync(path.join(core, file), 'utf8').matchAll(/^ +path: '(\/.+)',$/gm)])
    .map(([, at]) => String(at));
  expect([...new Set(rows.map((row) => row.path))].sort()).toEqual([...new Set(declared)].sort());
});

test('docs/http-api.md leaves no method of these paths out', () => {
  for (const at of new Set(rows.map((row) => row.path))) {
    const documented = rows.filter((row) => row.path === at).map(({ method }) => method);
    const mounted = match('TRACE', at) as { readonly allow: readonly string[] };
    expect(mounted.allow.filter((method) => method !== 'HEAD').sort(), at).toEqual(documented.sort());
  }
});
