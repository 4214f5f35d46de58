/**
 * Limits on one Redis, 64 callers in one process, against ioredis's plain `INCR` and the limiters that people use on
 * Redis. What is compared: one process with one connection and 64 callers, each of whom waits for its answer, looks at
 * it and asks again. Every contestant shares that connection and its options. No check is refused, but for those of
 * `refused`, which show what the deny cache answers. What coalescing does is printed: calls, and budgets asked about, for
 * each check.
 *
 * Keys are made ahead for both sides and are flat texts: an app that counts with `INCR` has its keys as we have ours,
 * from a cache. Ours have the length that guards give them. The check of a caller is kept and asked again, as guards do
 * with callers who come again. Which key comes next was drawn ahead too. All have run before anything is measured, and then take turns
 * of a fraction of a second. Beside each ratio of throughput stands that of CPU time, of this process and of Redis
 * together: on a busy machine it is what can be believed, and with fewer than two free cores it is what throughput
 * becomes.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  distributedLimits,
  type LimitAnswer,
  type LimitRule,
  type LimitStore,
  type RecurringCheck,
  type RecurringStore,
  recurringCheck,
} from '@castellan/core/limits';
import { redisLimitStore } from '@castellan/store-redis';
import { Redis } from 'ioredis';
import { type RedisReply, RedisStore } from 'rate-limit-redis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { startRedisServer } from '../tests/support/redis-server.ts';
import { type Figure, inTurns, median } from './measure.ts';

const CALLERS = 64;
const KEYS = 10_000;
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 0.3);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 15);
const flat = (text: string): string => Buffer.from(text).toString('latin1');
/** As long as the library's own: 128 bits. */
const names = Array.from({ length: KEYS }, (_, i) => flat(i.toString(36).padStart(22, '0')));

/** Zipf's law, exponent 1: the sums of the weights until each key. */
const sums: number[] = [];
for (let i = 0; i < KEYS; i++) sums.push((sums.at(-1) ?? 0) + 1 / (i + 1));
function zipf(): number {
  const wanted = Math.random() * (sums.at(-1) ?? 1);
  let low = 0;
  let high = KEYS - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sums[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
const DRAWN = 1 << 17;
const drawn = (draw: () => number): Uint16Array => Uint16Array.from({ length: DRAWN }, draw);
const spreads = {
  uniform: drawn(() => Math.floor(Math.random() * KEYS)),
  Zipf: drawn(zipf),
  'one hot key': drawn(() => 0),
};
type Spread = keyof typeof spreads;

const server = await startRedisServer();
const redis = new Redis(server.url);
await redis.ping();

let calls = 0;
let asked = 0;
const counted = (store: LimitStore): LimitStore => ({
  consume(checks, deadlineMs) {
    calls++;
    asked += checks.length;
    return store.consume(checks, deadlineMs);
  },
  giveBack: (taken, deadlineMs) => store.giveBack(taken, deadlineMs),
});
const far = counted(redisLimitStore(redis));
const exact = distributedLimits(far, { deadline: '10s', maxError: 0 });
const leased = distributedLimits(far, { deadline: '10s', expectedInstances: 8 });

const window: LimitRule = { kind: 'window', limit: 1_000_000_000, windowUs: 60_000_000 };
const rate: LimitRule = { kind: 'rate', burst: 1_000_000, intervalUs: 10 };
const quota: LimitRule = { kind: 'quota', limit: 1_000_000_000, windowUs: 86_400_000_000 };
let contests = 0;
const check = (store: RecurringStore, rules: Readonly<Record<string, LimitRule>>, cost = 1) => {
  const passed = cost === 1 ? granted : refused;
  // callers of its own: all budgets of a caller lie together, and nobody here has those of other contestants
  const mark = String(contests++);
  const kept = names.map((caller) => {
    const partition = flat(mark + caller.slice(1));
    const buckets = Object.entries(rules).map(([name, rule]) => ({
      key: flat(name.padEnd(11, '.') + partition),
      partition,
      rule,
      cost,
    }));
    return recurringCheck(buckets, 1);
  });
  // as the library's guards ask: what is known here is no promise
  return (key: number) => {
    const answer = store.decide(kept[key] as RecurringCheck);
    return answer instanceof Promise ? answer.then(passed) : passed(answer);
  };
};
function granted(answer: LimitAnswer): void {
  if (answer.granted !== 1) throw new Error('a check was refused');
}
function refused(answer: LimitAnswer): void {
  if (answer.granted !== 0) throw new Error('a check passed that costs more than the limit');
}

const flexible = new RateLimiterRedis({ storeClient: redis, points: 1_000_000_000, duration: 60, keyPrefix: 'rlf' });
const peer = new RedisStore({
  prefix: 'rlr:',
  sendCommand: (command: string, ...args: string[]) => redis.call(command, ...args) as Promise<RedisReply>,
});
await peer.init({ windowMs: 60_000 } as Parameters<typeof peer.init>[0]);

const counters = names.map((name) => flat(`incr:${name}`));
const contestants = {
  INCR: async (key: number) => {
    if (!((await redis.incr(counters[key] ?? '')) > 0)) throw new Error('not counted');
  },
  window: check(exact, { w: window }),
  GCRA: check(exact, { r: rate }),
  leased: check(leased, { l: window }),
  'three policies': check(exact, { a: window, b: rate, c: quota }),
  // more than the limit
  refused: check(exact, { n: { kind: 'window', limit: 1, windowUs: 86_400_000_000 } }, 2),
  'rate-limiter-flexible': (key: number) => flexible.consume(names[key] ?? ''),
  'rate-limit-redis': (key: number) => peer.increment(names[key] ?? ''),
};
type Contestant = keyof typeof contestants;
const plan: Readonly<Record<Spread, readonly Contestant[]>> = {
  uniform: ['INCR', 'window', 'GCRA', 'three policies', 'rate-limiter-flexible', 'rate-limit-redis'],
  Zipf: ['INCR', 'window', 'GCRA', 'leased', 'rate-limiter-flexible', 'rate-limit-redis'],
  'one hot key': ['INCR', 'window', 'GCRA', 'refused', 'rate-limiter-flexible', 'rate-limit-redis'],
};

interface Run {
  readonly perSecond: number;
  /** µs for each check, Redis included. */
  readonly cpu: number;
  readonly callsPerCheck: number;
  readonly askedPerCheck: number;
}

/** CPU time that Redis took until now, µs. */
async function redisCpu(): Promise<number> {
  const info = await redis.info('cpu');
  const of = (name: string): number => Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1]) * 1e6;
  return of('used_cpu_user') + of('used_cpu_sys');
}

let place = 0;
async function run(spread: Spread, contestant: Contestant, seconds = SECONDS): Promise<Run> {
  const keys = spreads[spread];
  const work = contestants[contestant];
  calls = 0;
  asked = 0;
  let checks = 0;
  const redisBefore = await redisCpu();
  const before = process.cpuUsage();
  const start = performance.now();
  const loop = async (): Promise<void> => {
    for (let own = 1; ; own++) {
      const waiting = work(keys[place++ % DRAWN] ?? 0);
      if (waiting instanceof Promise) await waiting;
      checks++;
      if (own % 64 > 0) continue;
      if (performance.now() - start > seconds * 1000) return;
      // who is answered without waiting lets the sockets have their turn, as requests do
      await nextTurn();
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, loop));
  const tookMs = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system + (await redisCpu()) - redisBefore) / checks;
  return { perSecond: (checks * 1000) / tookMs, cpu, callsPerCheck: calls / checks, askedPerCheck: asked / checks };
}

/**
 * A service that runs knows who comes often. What is leased is good for 0.6 s, and forgotten in the turns of the others:
 * leases are what they were once two of their lives have passed.
 */
const LEASED_AGAIN_SECONDS = 1.5;
async function warm(spread: Spread, contestant: Contestant): Promise<Run> {
  if (contestant === 'leased') await run(spread, contestant, LEASED_AGAIN_SECONDS);
  return run(spread, contestant);
}

try {
  const figures: Figure[] = [];
  for (const spread of Object.keys(spreads) as Spread[]) {
    await redis.flushall();
    // the code is warm
    for (const name of plan[spread]) await run(spread, name);
    const entries = plan[spread].map((name) => [name, () => warm(spread, name)] as const);
    const results = await inTurns<Run>(ROUNDS, Object.fromEntries(entries));
    const perRound = (name: Contestant, base: Contestant, of: (one: Run) => number): number =>
      median((results[name] ?? []).map((one, i) => of(one) / of(results[base]?.[i] ?? one)));
    const ratio = (name: Contestant): number => perRound(name, 'INCR', (one) => one.perSecond);
    const shown = (name: Contestant): string => {
      const perSecond = median((results[name] ?? []).map((one) => one.perSecond)).toFixed(0);
      const cpu = median((results[name] ?? []).map((one) => one.cpu)).toFixed(1);
      return `${perSecond}/s, CPU ${cpu} us, ${(1 / perRound(name, 'INCR', (one) => one.cpu)).toFixed(2)} of INCR`;
    };
    const base = shown('INCR');
    const figure = (name: Contestant, atLeast: number): void => {
      figures.push({
        name: `${name}, ${spread}, ratio to INCR (${base})`,
        measured: shown(name),
        ratio: ratio(name),
        goal: { atLeast },
      });
    };
    figure('window', { uniform: 1, Zipf: 1.6, 'one hot key': 3.3 }[spread]);
    figure('GCRA', { uniform: 1.15, Zipf: 1.6, 'one hot key': 3.3 }[spread]);
    if (spread === 'Zipf') {
      figure('leased', 15);
      figures.push({
        name: 'leased, Zipf: calls per check',
        measured: shown('leased'),
        ratio: median((results['leased'] ?? []).map((one) => one.callsPerCheck)),
        goal: { atMost: 0.01 },
      });
    }
    if (spread === 'uniform')
      figures.push({
        name: 'three policies of one partition, CPU to that of one',
        measured: shown('three policies'),
        ratio: perRound('three policies', 'window', (one) => one.cpu),
        goal: { atMost: 1.5 },
      });
    for (const name of ['window', 'GCRA'] as const) {
      const { callsPerCheck = 0, askedPerCheck = 0 } = results[name]?.at(-1) ?? {};
      console.log(
        `${name}, ${spread}: ${callsPerCheck.toFixed(3)} calls and ${askedPerCheck.toFixed(2)} budgets for a check`,
      );
    }
    if (spread === 'one hot key')
      console.log(`refused, ${spread}: ${ratio('refused').toFixed(2)} of INCR, ${shown('refused')}`);
    for (const name of ['rate-limiter-flexible', 'rate-limit-redis'] as const)
      console.log(`${name}, ${spread}: ${ratio(name).toFixed(2)} of INCR, ${shown(name)}`);
  }
  console.log(JSON.stringify(figures));
} finally {
  redis.disconnect();
  await server.stop();
}
