// Records random runs of the model as formal/traces.jsonl: `node formal/record-traces.mjs`. The same seeds give the same
// file. The stores replay it in their tests (packages/testkit/src/model-traces.ts), so that those need no spin.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const model = fileURLToPath(new URL('rotation.pml', import.meta.url));
const target = fileURLToPath(new URL('traces.jsonl', import.meta.url));

/** What every run has: long enough for several generations, on a clock that a store can have. */
const common = ['-DTIMED=1', '-DSTEPS=7', '-DASTEPS=8', '-DNTOK=14'];
const configurations = [
  ['-DVARIANT=4', '-DTABS=2', '-DEAGER=1'],
  ['-DVARIANT=4', '-DTABS=2'],
  ['-DVARIANT=4', '-DTABS=2', '-DEAGER=1', '-DKILL=1'],
  ['-DVARIANT=4', '-DEAGER=1', '-DZOMBIE=1'],
  ['-DVARIANT=4', '-DEAGER=1', '-DATTACK=1'],
  ['-DVARIANT=4', '-DTABS=2', '-DEAGER=1', '-DATTACK=1'],
  ['-DVARIANT=6', '-DTABS=2', '-DEAGER=1', '-DOWNKEYS=1'],
  ['-DVARIANT=6', '-DTABS=2', '-DEAGER=1', '-DOWNKEYS=1', '-DKILL=1'],
  ['-DVARIANT=6', '-DEAGER=1', '-DOWNKEYS=1', '-DATTACK=1'],
  ['-DVARIANT=6', '-DTABS=2', '-DEAGER=1', '-DOWNKEYS=1', '-DATTACK=1'],
];
const RUNS_EACH = 64;
const SHORTEST = 4;

const lines = [];
const tally = {};
const folder = await mkdtemp(join(tmpdir(), 'castellan-traces-'));
try {
  for (const flags of configurations)
    for (let seed = 1, kept = 0; kept < RUNS_EACH; seed++) {
      const { stdout } = await run('spin', [`-n${seed}`, '-T', ...flags, ...common, model], {
        cwd: folder,
        maxBuffer: 64 * 1024 * 1024,
      });
      if (/assertion violated|HONEST CLIENT/.test(stdout)) throw new Error(`seed ${seed} of ${flags.join(' ')}\n${stdout}`);
      const steps = stepsOf(stdout);
      if (steps.filter((step) => /^[ru]/.test(step)).length < SHORTEST) continue;
      if (flags.includes('-DKILL=1') && !steps.includes('K')) continue;
      if (flags.includes('-DATTACK=1') && !steps.some((step) => /^[ru]\d+\.2/.test(step))) continue;
      kept++;
      for (const step of steps) count(step);
      lines.push(JSON.stringify({ flags: flags.join(' ').replaceAll('-D', ''), seed, steps: steps.join(' ') }));
    }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const text = `${lines.join('\n')}\n`;
await writeFile(target, text);
console.log(`${lines.length} runs, ${text.length} bytes`, tally);

/**
 * The steps that a store can see, in the order of the run:
 * `r<token>.<party>.<key>=<outcome>[.<token given>]`, `u<token>.<party>=<outcome>`, `C` (the window of the leaf
 * closes), `A` (the last answer is C old), `K` (logout or password reset).
 */
function stepsOf(output) {
  const steps = [];
  let open;
  for (const line of output.split('\n')) {
    const request = /^request: (?:refresh\(R(\d+)\) party (\d+) key (\d+)|use\(AT(\d+)\) party (\d+))$/.exec(line);
    if (request) {
      const [, token, party, key, used, user] = request;
      open = token === undefined ? { use: `u${used}.${user}` } : { refresh: `r${token}.${party}.${key}`, token };
    } else if (line.startsWith('server: ')) open.rule = line;
    else if (line.startsWith('answer: ')) {
      const answer = line.slice('answer: '.length);
      steps.push(open.use ? `${open.use}=${useOutcome(answer, open.rule)}` : `${open.refresh}=${refreshOutcome(answer, open)}`);
      open = undefined;
    } else if (line === 'clock: C closes') steps.push('C');
    else if (line === 'clock: last answer is C old') steps.push('A');
    else if (line.startsWith('user: logout')) steps.push('K');
  }
  if (open) throw new Error(`a request without an answer\n${output}`);
  return steps;
}

function refreshOutcome(answer, { rule = '', token }) {
  if (answer === '254') return 'busy';
  if (answer === '253') return `keep.${token}`;
  if (answer === '255') return rule.includes('REUSE') ? 'reuse' : 'revoked';
  if (rule.includes('is the leaf: rotate')) return `rotate.${answer}`;
  if (rule.includes('replayed inside C')) return `replay.${answer}`;
  if (rule.includes('re-issue')) return `reissue.${answer}`;
  throw new Error(`what is this? ${rule} ${answer}`);
}

function useOutcome(answer, rule = '') {
  if (answer === 'accepted') return 'accept';
  if (answer === 'over') return 'revoked';
  return rule.includes('REUSE') ? 'displaced' : 'superseded';
}

function count(step) {
  const name = step.replace(/[\d.]+=/, ' ').replace(/\.\d+$/, '');
  tally[name] = (tally[name] ?? 0) + 1;
}
