import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((file) => !file.startsWith('.changeset/') && fs.existsSync(path.join(root, file)));

/** The blocks marked `ts` in a document. */
function blocksOf(file: string): string[] {
  const text = fs.readFileSync(path.join(root, file), 'utf8');
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] as string);
}

test('every TypeScript block in README and docs compiles against the sources', () => {
  const folder = path.join(root, '.tmp', 'code-blocks');
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  let count = 0;
  for (const file of documents)
    for (const [index, block] of blocksOf(file).entries()) {
      count++;
      fs.writeFileSync(path.join(folder, `${file.replaceAll(/[/.]/g, '_')}_${index + 1}.ts`), `${block}\nexport {};\n`);
    }
  expect(count).toBeGreaterThan(4);
  const config = {
    extends: '../../tsconfig.base.json',
    compilerOptions: { noEmit: true, isolatedDeclarations: false, declaration: false },
    include: ['*.ts'],
  };
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = path.join(root, 'node_modules/typescript7/bin/tsc');
  let output = '';
  try {
    execFileSync(process.execPath, [compiler, '-p', folder], { cwd: root, encoding: 'utf8' });
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  expect(output).toBe('');
});

test('every link between documents leads to a file', () => {
  const broken: string[] = [];
  for (const file of documents)
    for (const match of fs
      .readFileSync(path.join(root, file), 'utf8')
      .matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)) {
      const target = path.resolve(root, path.dirname(file), match[1] as string);
      if (!fs.existsSync(target)) broken.push(`${file} → ${match[1]}`);
    }
  expect(broken).toEqual([]);
});
