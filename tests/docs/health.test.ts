import fs from 'node:fs';
import path from 'node:path';
import { createCastellan, memoryStores } from '@castellan/core';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys } from '@castellan/core/tokens';
import { expect, test } from 'vitest';

const read = (name: string): string => fs.readFileSync(path.resolve(import.meta.dirname, `../../docs/${name}`), 'utf8');
/** The calls of a document's tables below `/health`, without the mount. */
const calls = (document: string): readonly string[] =>
  [...document.matchAll(/`GET \/health(\/\w+)?`/g)].map(([, below]) => below ?? '/');

test.each(['http-api.md', 'operations.md'])('docs/%s names the endpoints of health, and no others', async (name) => {
  const { http } = createCastellan({
    issuer: 'https://api.example.com',
    keys: await generateKeys(),
    peppers: generatePepper(),
    stores: memoryStores(),
  });
  expect(new Set(calls(read(name)))).toEqual(new Set(['/', '/ready', '/live']));
  for (const at of calls(read(name)))
    expect(http.match('GET', at, 'health')).toMatchObject({ endpoint: { path: at, public: true } });
});

test.each(['http-api.md', 'operations.md'])('a report in docs/%s has the members of a real one', async (name) => {
  const castellan = createCastellan({
    issuer: 'https://api.example.com',
    keys: await generateKeys(),
    peppers: generatePepper(),
    stores: memoryStores(),
  });
  const report = await castellan.health();
  const shown = [...read(name).matchAll(/^```json\n(\{[^`]*"db_ok"[^`]*\})\n```$/gm)].map(
    ([, text]) => JSON.parse(String(text)) as { readonly checks: object },
  );
  expect(shown).toHaveLength(1);
  for (const one of shown) {
    expect(Object.keys(one)).toEqual(Object.keys(report));
    for (const check of Object.values(one.checks)) expect(Object.keys(check)).toEqual(['ok', 'latency_ms']);
  }
  expect(Object.values(report.checks).map((check) => Object.keys(check))).toEqual([['ok', 'latency_ms']]);
});

test('docs/operations.md shows a line with the fields that a request has', () => {
  const line = /^```json\n(\{"timestamp".*\})\n```$/m.exec(read('operations.md'))?.[1];
  expect(Object.keys(JSON.parse(String(line)) as object)).toEqual([
    'timestamp',
    'level',
    'service',
    'request_id',
    'method',
    'path',
    'route',
    'status',
    'latency_ms',
    'message',
  ]);
});
