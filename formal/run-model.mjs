// Runs formal/model-table.json through spin and fails on any difference. `--full` adds the row that needs 4 GB.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const model = fileURLToPath(new URL('rotation.pml', import.meta.url));
const full = process.argv.includes('--full');

for (const [tool, flag] of [
  ['spin', '-V'],
  ['gcc', '--version'],
]) {
  try {
    await run(tool, [flag]);
  } catch {
    console.error(`the model needs ${tool}, which is not there. On Debian and Ubuntu: apt-get install spin gcc`);
    process.exit(1);
  }
}

const rows = JSON.parse(await readFile(new URL('model-table.json', import.meta.url), 'utf8'));
let passed = 0;
let failed = 0;
for (const row of rows) {
  if (row.full && !full) {
    console.log(`-  ${row.name}: left out, run with --full`);
    continue;
  }
  const started = performance.now();
  const result = await check(row.flags);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const good = result.verdict === row.expected;
  if (good) passed++;
  else failed++;
  console.log(`${good ? '✓' : '✗'}  ${row.name}: ${result.verdict}, ${result.states} states, ${result.megabytes} MB, ${seconds} s`);
  if (!good) console.log(`   expected ${row.expected}; flags ${row.flags.join(' ')}\n${indent(result.output)}`);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;

async function check(flags) {
  const folder = await mkdtemp(join(tmpdir(), 'castellan-model-'));
  const there = { cwd: folder, maxBuffer: 64 * 1024 * 1024 };
  try {
    await run('spin', ['-a', ...flags, model], there);
    await run('gcc', ['-O2', '-DSAFETY', '-DNOREDUCE', '-DCOLLAPSE', '-DVECTORSZ=2048', '-w', '-o', 'pan', 'pan.c'], there);
    const { stdout } = await run('./pan', ['-m400000', '-E'], there);
    return read(stdout);
  } catch (error) {
    return { verdict: 'no run', states: 0, megabytes: 0, output: `${error.stdout ?? ''}${error.stderr ?? ''}${error.message}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A search that ran out of depth or memory has shown nothing. */
function read(output) {
  const states = Math.round(Number(/^\s*([\d.e+]+) states, stored/m.exec(output)?.[1] ?? 0));
  const megabytes = Math.round(Number(/^\s*([\d.]+)\s+total actual memory usage/m.exec(output)?.[1] ?? 0));
  const errors = Number(/errors: (\d+)/.exec(output)?.[1] ?? Number.NaN);
  const complete = !/search depth too small|out of memory|reached -DMEMLIM|Search not completed/i.test(output);
  if (errors > 0 && /assertion violated/.test(output)) return { verdict: 'counterexample', states, megabytes, output };
  if (errors === 0 && complete) return { verdict: 'pass', states, megabytes, output };
  return { verdict: 'incomplete', states, megabytes, output };
}

function indent(text) {
  return text.replace(/^/gm, '   | ');
}
