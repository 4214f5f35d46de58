import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { problemCatalogue } from '../../packages/core/src/problem-catalogue.ts';

const document = fs.readFileSync(path.resolve(import.meta.dirname, '../../docs/problems.md'), 'utf8');

/** Rows of the tables whose first cell is a code and whose second is a status. */
const rows = [...document.matchAll(/^\| `([a-z_]+)` \| (\d{3}) \| (.+?) \| (.+?) \|$/gm)].map(
  ([, code, status, when, act]) => ({
    code: String(code),
    status: Number(status),
    says: [when, act],
  }),
);

test('docs/problems.md has each code of the catalogue once, with its status, and no other', () => {
  const documented = rows.map(({ code, status }) => `${code} ${status}`).sort();
  const catalogued = Object.entries(problemCatalogue).map(([code, { status }]) => `${code} ${status}`);
  expect(documented).toEqual(catalogued.sort());
});

test('docs/problems.md says of each code when it is answered and what to do', () => {
  for (const { code, says } of rows) for (const text of says) expect(text?.trim(), code).not.toBe('');
});

test('every code that is named elsewhere in docs/problems.md as a problem is in the catalogue', () => {
  const named = [...document.matchAll(/urn:castellan:problem:([a-z_]+)/g)].map(([, code]) => String(code));
  for (const code of named) expect(problemCatalogue).toHaveProperty(code);
});
