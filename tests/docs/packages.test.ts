import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const licence = fs.readFileSync(path.join(root, 'LICENSE'), 'utf8');

describe.each(fs.readdirSync(path.join(root, 'packages')))('@castellan/%s', (name) => {
  const read = (file: string): string => fs.readFileSync(path.join(root, 'packages', name, file), 'utf8');

  test('ships the licence, which npm takes from the package folder only', () => {
    expect(read('LICENSE')).toBe(licence);
  });
  test('has a README that says how it is installed and shows code', () => {
    const readme = read('README.md');
    expect(readme).toContain(`# @castellan/${name}\n`);
    expect(readme).toMatch(/^npm install .*@castellan\//m);
    expect(readme).toMatch(/^```ts\n/m);
  });
});
