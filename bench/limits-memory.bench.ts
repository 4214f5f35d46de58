/**
 * Limits in this process: a decision at once, beside the memory limiters that people use, and what a caller costs in
 * bytes. 10,000 callers, none refused; each contestant in the way in which it is called.
 *
 * Time is that of the processor, in short turns, so that what else runs on the machine counts for little. Each contestant
 * has a process of its own, as an app has one limiter: V8 compiles what all kinds of ours share for the one that is used,
 * as it does for the peers. One decision is a function of its own, as in a server: in the loop itself V8 would compile it
 * anew each turn.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type LimitRule, type MemoryLimitStore, memoryLimitStore } from '@castellan/core/limits';
import { keyOf, quota, rate, window } from './limits-memory-scene.ts';
import { type Figure, inTurns, median } from './measure.ts';

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 31);
/** Turns until everything is compiled. */
const WARM_UP = 5;
const SUBJECTS = 100_000;

/** Bytes of a caller beside its key. */
async function bytesOf(rule: LimitRule): Promise<number> {
  const hashed = new Set<string>();
  const names = Array.from({ length: SUBJECTS }, (_, i) => keyOf(i));
  for (const name of names) void hashed.has(name); // what a string carries once it is a key is the key's
  const before = await used();
  const store: MemoryLimitStore = memoryLimitStore({ maxSubjects: SUBJECTS });
  for (const key of names) store.consume([{ buckets: [{ key, partition: key, rule, cost: 1 }], times: 1 }]);
  const bytes = ((await used()) - before) / SUBJECTS;
  if (store.size !== SUBJECTS || names.length !== SUBJECTS) throw new Error('not all callers are counted');
  return bytes;
}
async function used(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await delay(20); // buffers are freed in the background
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
}

const bytes: { readonly rule: LimitRule; readonly perCaller: number }[] = [];
for (const rule of [window, { ...window, limit: 10_000 }, { ...window, limit: 60 }, rate, quota])
  bytes.push({ rule, perCaller: await bytesOf(rule) });

const names = ['window', 'GCRA', 'quota', 'rate-limiter-flexible', 'express-rate-limit'];
const children = names.map((name): ChildProcess => {
  const file = path.join(import.meta.dirname, 'limits-memory-contestant.ts');
  return fork(file, [name], { execArgv: ['--conditions=@castellan/source'] });
});
/** Nanoseconds of the processor, of one decision in a turn. */
const turnOf = async (child: ChildProcess): Promise<number> => {
  child.send('turn');
  const [ns] = (await once(child, 'message')) as [number];
  return ns;
};
const contestants = Object.fromEntries(children.map((child, i) => [names[i], () => turnOf(child)]));
await inTurns<number>(WARM_UP, contestants);
const results = await inTurns<number>(ROUNDS, contestants);
for (const child of children) child.disconnect();

const ns = (name: string): number => median(results[name] ?? []);
const ratio = (ownName: string, peer: string): number =>
  median((results[peer] ?? []).map((peerNs, round) => peerNs / (results[ownName]?.[round] ?? Number.NaN)));
const perSecond = (name: string): string => `${(1000 / ns(name)).toFixed(1)} M/s`;
const versions = (
  JSON.parse(fs.readFileSync(path.join(import.meta.dirname, 'package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  }
).dependencies;
const figures: Figure[] = [
  ['window', 'rate-limiter-flexible', 2.5] as const,
  ['window', 'express-rate-limit', 1.2] as const,
  ['GCRA', 'rate-limiter-flexible', 4] as const,
  ['GCRA', 'express-rate-limit', 2] as const,
].map(([own, peer, atLeast]) => ({
  name: `memory, ${own}, times ${peer} ${versions[peer]}`,
  measured: `${perSecond(own)} to ${perSecond(peer)}`,
  ratio: ratio(own, peer),
  goal: { atLeast },
}));
for (const { rule, perCaller } of bytes)
  figures.push({
    name: `bytes of a caller beside its key, ${rule.kind} of ${rule.kind === 'rate' ? rule.burst : rule.limit}`,
    measured: `${SUBJECTS} callers`,
    ratio: perCaller,
    goal: { atMost: 100 },
  });
console.log(`quota: ${perSecond('quota')}`);
console.log(JSON.stringify(figures));
