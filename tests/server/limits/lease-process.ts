/**
 * One process of a few that spend one caller's budget with leases. Greedy: until it is refused, and again as soon as
 * something is back. Hoarding: it holds as much as it may just before a sub-window ends, spends that just after, and
 * everything when that sub-window is back. Tells its parent when what passed did, µs of the machine's monotonic clock.
 */
import { distributedLimits, type LimitStore } from '@castellan/core/limits';
import { redisLimitStore } from '@castellan/store-redis';
import { Redis } from 'ioredis';
import type { LeaseProcessOptions, LeaseProcessReport } from './lease-processes.ts';

const { style, redisUrl, prefix, rule, seconds, instances, maxError } = JSON.parse(
  process.argv[2] ?? '{}',
) as LeaseProcessOptions;
const redis = new Redis(redisUrl);
const store = redisLimitStore(redis, { prefix, deadline: '2s' });
let calls = 0;
const counted: LimitStore = {
  consume(checks) {
    calls++;
    return store.consume(checks);
  },
  giveBack: (taken) => store.giveBack(taken),
};
const limits = distributedLimits(counted, { deadline: '2s', maxError, expectedInstances: instances });
const buckets = [{ key: 'caller', partition: 'caller', rule, cost: 1 }];
const nowUs = (): number => Number(process.hrtime.bigint() / 1000n);

await redis.ping();
process.send?.('ready');
await new Promise((resolve) => process.once('message', resolve));

const passed: number[] = [];
let checks = 0;
const until = async (ms: number): Promise<void> => {
  while (Date.now() < ms) await new Promise((resolve) => setTimeout(resolve, Math.min(50, ms - Date.now())));
};
/** One check: whether it passed, whether nobody was asked, and when another is worth while. */
async function check(): Promise<{ readonly pass: boolean; readonly local: boolean; readonly retryMs: number }> {
  checks++;
  const asked = limits.consume([{ buckets, times: 1 }]);
  const [answer] = await asked;
  const pass = answer?.granted === 1;
  if (pass) passed.push(nowUs());
  return { pass, local: !(asked instanceof Promise), retryMs: answer?.buckets[0]?.retryMs ?? 1 };
}

async function greedy(): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const { pass, retryMs } = await check();
    if (!pass) await new Promise((resolve) => setTimeout(resolve, Math.min(retryMs, 50)));
  }
}

async function hoarding(): Promise<void> {
  const windowMs = rule.windowUs / 1000;
  const stepMs = windowMs / 16;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const edge = Math.ceil((Date.now() + 120) / stepMs) * stepMs;
    await until(edge - 100);
    for (let i = 0; i < (rule.limit * 0.95) / instances && Date.now() < edge - 20; i++) await check();
    for (let one = await check(); one.local && one.pass; one = await check());
    let held = 0;
    for (let one = await check(); one.local && one.pass && Date.now() < edge - 5; one = await check()) held++;
    await until(edge + 1);
    for (let i = 0; i < held * 0.75; i++) await check();
    await until(edge + windowMs);
    while ((await check()).pass);
    await until(edge + windowMs * 2.2);
  }
}

await (style === 'greedy' ? greedy() : hoarding());
const report: LeaseProcessReport = { passed, checks, calls };
process.send?.(report, () => process.exit());
