/** Child of `limits-memory.bench.ts`: one limiter in memory, named by the argument. Each message is a turn of it. */
import { type LimitRule, memoryLimitStore } from '@castellan/core/limits';
import { MemoryStore } from 'express-rate-limit';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { keyOf, quota, rate, window } from './limits-memory-scene.ts';

const KEYS = 10_000;
const CALLS = 100_000;
const keys = Array.from({ length: KEYS }, (_, i) => keyOf(i));
/** No order that a cache could like. */
const order = Array.from({ length: CALLS }, () => Math.floor(Math.random() * KEYS));

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

const contestants: Readonly<Record<string, () => () => number | Promise<number>>> = {
  window: () => ours(window),
  GCRA: () => ours(rate),
  quota: () => ours(quota),
  'rate-limiter-flexible': () => {
    const limiter = new RateLimiterMemory({ points: 1_000_000, duration: 60 });
    return eachAwaited((key) => limiter.consume(key));
  },
  'express-rate-limit': () => {
    const store = new MemoryStore();
    store.init({ windowMs: 60_000 } as Parameters<typeof store.init>[0]);
    return eachAwaited((key) => store.increment(key));
  },
};

const make = contestants[process.argv[2] ?? ''];
if (!make) throw new Error(`no contestant ${process.argv[2]}`);
const turn = make();
process.on('message', async () => {
  const ns = await turn();
  process.send?.(ns);
});
process.on('disconnect', () => process.exit(0));
