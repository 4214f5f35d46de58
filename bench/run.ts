/**
 * Runs the benchmarks, each in a process of its own, one after the other: `npm run bench -- [name …]`.
 * A benchmark prints its figures as JSON on its last line.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Figure } from './measure.ts';

const folder = import.meta.dirname;
const all = fs
  .readdirSync(folder)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));
if (unknown.length) {
  console.error(`no such benchmark: ${unknown.join(', ')}; there are ${all.join(', ')}`);
  process.exit(1);
}

let missed = 0;
for (const name of wanted.length ? wanted : all) {
  console.log(`\n${name}`);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@castellan/source', '--expose-gc', path.join(folder, `${name}.bench.ts`)],
    { cwd: path.resolve(folder, '..'), encoding: 'utf8' },
  );
  if (status !== 0) {
    console.error(stdout + stderr);
    missed++;
    continue;
  }
  for (const figure of JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as Figure[]) {
    const { goal, ratio } = figure;
    const met = 'atLeast' in goal ? ratio >= goal.atLeast : ratio <= goal.atMost;
    if (!met) missed++;
    const wish = 'atLeast' in goal ? `≥ ${goal.atLeast}` : `≤ ${goal.atMost}`;
    console.log(`  ${met ? '✓' : '✗'} ${figure.name}: ${ratio.toPrecision(3)} (goal ${wish})   ${figure.measured}`);
  }
}
console.log(missed ? `\n${missed} goals were not met` : '\nall goals were met');
