import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const examples = path.resolve(import.meta.dirname, '../../examples');
/** A limit written out: `'60/1m'`, also as part of a rate or quota. */
const LIMIT = /['"`]\d+\/\d+(ms|s|m|h|d)['"`]/;
/** Where numbers belong: what an operator can set, and the tour's own environment. */
const CONFIGURATION = /(^|\/)(configuration\.ts|tour\/run-tour\.ts)$|\.test\.ts$/;

/** Lines with a limit in sources that are no configuration. */
function numbersIn(files: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(files)
    .filter(([file]) => !CONFIGURATION.test(file))
    .flatMap(([file, text]) => text.split('\n').map((line) => ({ file, line })))
    .filter(({ line }) => LIMIT.test(line))
    .map(({ file, line }) => `${file}: ${line.trim()}`);
}

test('no route of an example has a number in it: limits come from tiers and configuration', () => {
  const files = fs
    .readdirSync(examples, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('node_modules'))
    .map((file) => [file, fs.readFileSync(path.join(examples, file), 'utf8')] as const);
  expect(files.length).toBeGreaterThan(20);
  expect(numbersIn(Object.fromEntries(files))).toEqual([]);
});

test('a number in a route is found', () => {
  const route = "app.post('/orders', guard({ limit: { rate: '10/1s', burst: 20 } }), handler);";
  expect(numbersIn({ 'web/app.ts': route, 'configuration.ts': "limit('5/1m')" })).toEqual([`web/app.ts: ${route}`]);
});
