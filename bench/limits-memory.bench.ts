/**
 * Limits in this process: a decision at once, beside the memory limiters that people use, and what a caller costs in
 * bytes. 10,000 callers, none refused; each contestant in the way in which it is called.
 *
 * Time is that of the processor, in short turns, so that what else runs on the machine counts for little. One decision
 * is a function of its own for every contestant, as in a server: in the loop itself V8 would compile it anew each turn.
 * Keys are flat strings, as addresses and HMACs are: those that are put together from parts are compared slowly.
 */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type LimitRule, type MemoryLimitStore, memoryLimitStore } from '@castellan/core/limits';
import { MemoryStore } from 'express-rate-limit';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { type Figure, inTurns, median } from './measure.ts';

const KEYS = 10_000;
const CALLS = 100_000;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 31);
/** Turns until everything is compiled. */
const WARM_UP = 5;
const SUBJECTS = 100_000;
const keyOf = (i: number): string => Buffer.from(`caller-${i.toString(36).padStart(22, '0')}`).toString('latin1');
const keys = Array.from({ length: KEYS }, (_, i) => keyOf(i));
/** No order that a cache could like. */
const order = Array.from({ length: CALLS }, () => Math.floor(Math.random() * KEYS));

const window: LimitRule = { kind: 'window', limit: 1_000_000, windowUs: 60_000_000 };
const rate: LimitRule = { kind: 'rate', burst: 1_000_000, intervalUs: 60 };
const quota: LimitRule = { kind: 'quota', limit: 1_000_000, windowUs: 60_000_000 };

/** Nanoseconds of the processor, of one call. */
function each(decide: (key: string) => void): () => number {
  return () => {
    const start = process.cpuUsage();
    for (let i = 0; i < CALLS; i++) decide(keys[order[i] ?? 0] ?? '');
    return nsSince(start);
  };
}
function eachAwaited(decide: (key: string) => Promise<unknown>): () => Promise<number> {
  return async () => {
    const start = process.cpuUsage();
    for (let i = 0; i < CALLS; i++) await decide(keys[order[i] ?? 0] ?? '');
    return nsSince(start);
  };
}
function nsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return ((user + system) * 1000) / CALLS;
}
function ours(rule: LimitRule): () => number {
  const store = memoryLimitStore();
  return each((key) => {
    const answers = store.consume([{ buckets: [{ key, partition: key, rule, cost: 1 }], times: 1 }]);
    if (answers[0]?.granted !== 1) throw new Error('a check was refused');
  });
}

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

const flexible = new RateLimiterMemory({ points: 1_000_000, duration: 60 });
const express = new MemoryStore();
express.init({ windowMs: 60_000 } as Parameters<typeof express.init>[0]);
const contestants = {
  window: ours(window),
  GCRA: ours(rate),
  quota: ours(quota),
  'rate-limiter-flexible': eachAwaited((key) => flexible.consume(key)),
  'express-rate-limit': eachAwaited((key) => express.increment(key)),
};
await inTurns<number>(WARM_UP, contestants);
const results = await inTurns<number>(ROUNDS, contestants);
express.shutdown();

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
