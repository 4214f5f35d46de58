/**
 * Limits on one Redis, 64 callers in one process, against ioredis's plain `INCR` and the limiters that people use on
 * Redis, all in turns. No check is refused: a refusal would be answered from the deny cache.
 */
import { distributedLimits, type LimitRule, type LimitStore } from '@castellan/core/limits';
import { redisLimitStore } from '@castellan/store-redis';
import { Redis } from 'ioredis';
import { type RedisReply, RedisStore } from 'rate-limit-redis';
import { RateLimiterRedis } from 'rate-limiter-flexible';
import { startRedisServer } from '../tests/support/redis-server.ts';
import { type Figure, inTurns, load, median } from './measure.ts';

const CALLERS = 64;
const KEYS = 10_000;
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 1.5);
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3);
const names = Array.from({ length: KEYS }, (_, i) => `caller-${i.toString(36).padStart(22, '0')}`);

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
const spreads = { uniform: () => Math.floor(Math.random() * KEYS), Zipf: zipf, 'one hot key': () => 0 };
type Spread = keyof typeof spreads;

const server = await startRedisServer();
const redis = new Redis(server.url);
await redis.ping();

let calls = 0;
const counted = (store: LimitStore): LimitStore => ({
  consume: (checks) => {
    calls++;
    return store.consume(checks);
  },
  giveBack: (taken) => store.giveBack(taken),
});
const far = counted(redisLimitStore(redis, { deadline: '10s' }));
const exact = distributedLimits(far, { deadline: '10s', maxError: 0 });
const leased = distributedLimits(far, { deadline: '10s' });

const window: LimitRule = { kind: 'window', limit: 1_000_000_000, windowUs: 60_000_000 };
const rate: LimitRule = { kind: 'rate', burst: 1_000_000, intervalUs: 10 };
const quota: LimitRule = { kind: 'quota', limit: 1_000_000_000, windowUs: 86_400_000_000 };
/** The checks are made ahead: in an app their keys come from a cache. */
const check = (store: LimitStore, rules: Readonly<Record<string, LimitRule>>) => {
  const checks = names.map((partition) => {
    const buckets = Object.entries(rules).map(([name, rule]) => ({ key: name + partition, partition, rule, cost: 1 }));
    return [{ buckets, times: 1 }];
  });
  return async (key: number) => {
    const [answer] = await store.consume(checks[key] ?? []);
    if (answer?.granted !== 1) throw new Error('a check was refused');
  };
};

const flexible = new RateLimiterRedis({ storeClient: redis, points: 1_000_000_000, duration: 60, keyPrefix: 'rlf' });
const peer = new RedisStore({
  prefix: 'rlr:',
  sendCommand: (command: string, ...args: string[]) => redis.call(command, ...args) as Promise<RedisReply>,
});
await peer.init({ windowMs: 60_000 } as Parameters<typeof peer.init>[0]);

const contestants = {
  INCR: (key: number) => redis.incr(`incr:${names[key]}`),
  window: check(exact, { w: window }),
  GCRA: check(exact, { r: rate }),
  leased: check(leased, { l: window }),
  'three policies': check(exact, { a: window, b: rate, c: quota }),
  'rate-limiter-flexible': (key: number) => flexible.consume(names[key] ?? ''),
  'rate-limit-redis': (key: number) => peer.increment(names[key] ?? ''),
};
type Contestant = keyof typeof contestants;
const plan: Readonly<Record<Spread, readonly Contestant[]>> = {
  uniform: ['INCR', 'window', 'GCRA', 'three policies', 'rate-limiter-flexible', 'rate-limit-redis'],
  Zipf: ['INCR', 'window', 'GCRA', 'leased', 'rate-limiter-flexible', 'rate-limit-redis'],
  'one hot key': ['INCR', 'window', 'GCRA', 'rate-limiter-flexible', 'rate-limit-redis'],
};

interface Run {
  readonly perSecond: number;
  readonly callsPerCheck: number;
}
async function run(spread: Spread, contestant: Contestant): Promise<Run> {
  const next = spreads[spread];
  const work = contestants[contestant];
  // leases have to learn who comes often
  if (contestant === 'leased') await load(CALLERS, SECONDS * 1000, () => work(next()));
  calls = 0;
  const { perSecond, latencies } = await load(CALLERS, SECONDS * 1000, () => work(next()));
  return { perSecond, callsPerCheck: calls / latencies.length };
}

try {
  const figures: Figure[] = [];
  for (const spread of Object.keys(spreads) as Spread[]) {
    await redis.flushall();
    const entries = plan[spread].map((name) => [name, () => run(spread, name)] as const);
    const results = await inTurns<Run>(ROUNDS, Object.fromEntries(entries));
    const ratio = (name: Contestant, base: Contestant = 'INCR'): number =>
      median((results[name] ?? []).map((one, i) => one.perSecond / (results[base]?.[i]?.perSecond ?? Number.NaN)));
    const shown = (name: Contestant): string =>
      `${median((results[name] ?? []).map((one) => one.perSecond)).toFixed(0)}/s`;
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
        name: 'three policies of one partition, time to that of one',
        measured: shown('three policies'),
        ratio: 1 / ratio('three policies', 'window'),
        goal: { atMost: 1.5 },
      });
    for (const name of ['rate-limiter-flexible', 'rate-limit-redis'] as const)
      console.log(`${name}, ${spread}: ${ratio(name).toFixed(2)} of INCR, ${shown(name)}`);
  }
  console.log(JSON.stringify(figures));
} finally {
  redis.disconnect();
  await server.stop();
}
