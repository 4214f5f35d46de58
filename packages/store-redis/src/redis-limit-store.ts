import { type Duration, durationMs, monotonicClock } from '@castellan/core/kernel';
import type { LimitAnswer, LimitCheck, LimitStore, TakenPermits } from '@castellan/core/limits';
import { consumeByPartition, giveBackByPartition } from './by-partition.ts';
import { checkShapes } from './check-shapes.ts';
import { consumeScript } from './consume-script.ts';
import { giveBackScript } from './give-back-script.ts';
import { limitAnswers } from './limits-answer.ts';
import { type AskedCheck, limitsCalls } from './limits-call.ts';
import { partitionKey } from './partition-key.ts';
import { isScriptClient, type RedisLike } from './redis-like.ts';
import { codeOf } from './redis-unavailable.ts';
import type { Script } from './script.ts';
import { scriptRunner, type Wait } from './script-runner.ts';

/** What {@link redisLimitStore} takes. */
export interface RedisLimitOptions {
  /** Begins every key. Default `castellan:`. No braces: they belong to the partition. */
  readonly prefix?: string;
  /**
   * How long a call may take whose caller does not say for how long it waits, connecting included: `createCastellan`'s
   * `limits.deadline` comes with each call. What is later than that is not carried out. Default `25ms`.
   */
  readonly deadline?: Duration;
  /** For tests: the time in whole microseconds, in place of the server's. */
  readonly now?: () => number;
}

/** A limit store on Redis, which always answers with a promise. */
export interface RedisLimitStore extends LimitStore {
  consume(checks: readonly LimitCheck[], deadlineMs?: number): Promise<readonly LimitAnswer[]>;
  apart(checks: readonly LimitCheck[]): readonly (readonly LimitCheck[])[];
  giveBack(taken: readonly TakenPermits[], deadlineMs?: number): Promise<void>;
}

/** Buckets in one script: longer ones would keep other clients waiting, and Lua takes no more than 8,000 at once. */
const MOST_BUCKETS = 500;

/**
 * Counts in Redis, by its clock: exact for all processes that share it. All checks of one call are one script; on a
 * cluster one for each partition.
 *
 * @param redis ioredis's `Redis`, also behind Sentinel, or `Cluster`; it stays the caller's
 * @throws TypeError for a prefix with braces, a deadline that is no duration or 0, or another library's client
 */
export function redisLimitStore(redis: RedisLike, options: RedisLimitOptions = {}): RedisLimitStore {
  const { prefix = 'castellan:', deadline = '25ms', now } = options;
  if (/[{}]/.test(prefix)) throw new TypeError(`prefix must have no braces, not ${JSON.stringify(prefix)}`);
  const ownDeadlineMs = durationMs(deadline, 'deadline');
  if (ownDeadlineMs === 0) throw new TypeError("deadline must be longer than '0ms'");
  if (!isScriptClient(redis)) throw new TypeError('redis must be a client of ioredis: it has no evalshaBuffer');
  const runner = scriptRunner(redis, { clock: monotonicClock, now });
  const limitsCall = limitsCalls(checkShapes(), partitionKey(prefix));
  let byPartition = redis.isCluster === true;

  const waitOf = (deadlineMs: number): Wait => ({ deadlineMs, end: monotonicClock() + deadlineMs });

  const ask = async (script: Script, checks: readonly AskedCheck[], wait: Wait): Promise<readonly LimitAnswer[]> => {
    const answerTo = async (portion: readonly AskedCheck[]): Promise<readonly LimitAnswer[]> =>
      limitAnswers(portion, await runner.run({ script, ...limitsCall(portion), wait }));
    const [first, ...more] = portions(checks);
    if (more.length === 0) return first ? answerTo(first) : [];
    return (await Promise.all([first ?? [], ...more].map(answerTo))).flat();
  };

  /** A server that turns out to be a cluster behind one connection (a proxy) is asked by partition from then on. */
  async function together<R>(whole: () => Promise<R>, apart: () => Promise<R>): Promise<R> {
    if (byPartition) return apart();
    try {
      return await whole();
    } catch (error) {
      if (codeOf(error) !== 'CROSSSLOT') throw error;
      byPartition = true;
      return apart();
    }
  }

  return {
    consume(checks, deadlineMs = ownDeadlineMs) {
      // one end for all steps of a check, or each would be charged within a deadline of its own, after its caller has gone
      const wait = waitOf(deadlineMs);
      const take = (asked: readonly AskedCheck[]) => ask(consumeScript, asked, wait);
      // what was taken goes back also, and above all, when that end has come
      const put = (taken: readonly TakenPermits[]) => ask(giveBackScript, taken, waitOf(deadlineMs));
      return together(
        () => take(checks),
        () => (areOfOne(checks) ? take(checks) : consumeByPartition(checks, take, put)),
      );
    },
    apart: (checks) => (byPartition ? byTheirPartition(checks) : [checks]),
    async giveBack(taken, deadlineMs = ownDeadlineMs) {
      const wait = waitOf(deadlineMs);
      const put = (some: readonly TakenPermits[]) => ask(giveBackScript, some, wait);
      await together<unknown>(
        () => put(taken),
        () => giveBackByPartition(taken, put),
      );
    },
  };
}

/** Whether all checks are of one partition, and so of one server. */
function areOfOne(checks: readonly LimitCheck[]): boolean {
  const partition = checks[0]?.buckets[0]?.partition;
  return checks.every(({ buckets }) => buckets.every((bucket) => bucket.partition === partition));
}

/** Checks of one partition together; who has several stands alone. */
function byTheirPartition(checks: readonly LimitCheck[]): readonly (readonly LimitCheck[])[] {
  const parts = Map.groupBy(checks, (check) => (areOfOne([check]) ? check.buckets[0]?.partition : check));
  return [...parts.values()];
}

/** In their order, each small enough for one script. */
function portions(checks: readonly AskedCheck[]): readonly (readonly AskedCheck[])[] {
  if (checks.length === 1) return [checks];
  const all: AskedCheck[][] = [];
  let room = 0;
  for (const check of checks) {
    if (all.length === 0 || room < check.buckets.length) {
      all.push([]);
      room = MOST_BUCKETS;
    }
    all.at(-1)?.push(check);
    room -= check.buckets.length;
  }
  return all;
}
