import { type MonotonicClock, StoreUnavailableError } from '@castellan/core/kernel';
import { msgpackNumbers } from './msgpack-numbers.ts';
import type { RedisArgument, RedisLike, ScriptClient } from './redis-like.ts';
import { codeOf, redisUnavailable } from './redis-unavailable.ts';
import type { Script } from './script.ts';
import { serverClock } from './server-clock.ts';

/** What is asked of a server. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly RedisArgument[];
  readonly wait: Wait;
}

/** For how long a caller waits, for all the scripts that it takes one after the other. */
export interface Wait {
  /** In all, ms. */
  readonly deadlineMs: number;
  /** Until when, by the runner's clock, ms. */
  readonly end: number;
}

/** Sends scripts. */
export interface ScriptRunner {
  /**
   * The whole numbers that the script answers; the first two are status and the server's time.
   *
   * @throws StoreUnavailableError when Redis is away, refuses, or did not answer in time
   * @throws Error `CROSSSLOT …` where keys lie on several servers behind one connection
   */
  run(call: ScriptCall): Promise<readonly number[]>;
}

/** How scripts are sent. */
export interface ScriptRunnerOptions {
  readonly clock: MonotonicClock;
  /** For tests: the time that scripts are told in place of the server's, µs. */
  readonly now: (() => number) | undefined;
}

/** The status with which a script says that it came too late and has changed nothing. */
const LATE = 0;

/**
 * Sends scripts over somebody's client, so that nothing is ever carried out after its caller has gone.
 *
 * Clients queue what cannot be sent, send again what was not answered before a reconnect, and follow a cluster for
 * seconds. A check must do none of that: nothing is sent while the client is not ready, nobody waits longer than the
 * deadline, and every call carries the server's time after which the script refuses to do anything.
 */
export function scriptRunner(redis: ScriptClient, { clock, now }: ScriptRunnerOptions): ScriptRunner {
  const server = serverClock(clock);
  const known = new Set<Script>();
  let asking: { readonly told: Promise<void>; readonly end: number } | undefined;
  let starting: Promise<void> | undefined;

  async function send(script: Script, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown> {
    // what comes behind the first text on a connection finds it there: nobody has to wait for it
    if (!known.has(script)) {
      known.add(script);
      return redis.evalBuffer(script.text, keys.length, ...keys, ...args);
    }
    try {
      return await redis.evalshaBuffer(script.sha1, keys.length, ...keys, ...args);
    } catch (error) {
      // it has restarted, or another one has taken over: certainly nothing was carried out
      if (codeOf(error) !== 'NOSCRIPT') throw error;
      return redis.evalBuffer(script.text, keys.length, ...keys, ...args);
    }
  }

  /** A client that has only just been made, or waits for its first command, gets until the deadline to connect. */
  function whenReady(): Promise<void> | undefined {
    switch (redis.status) {
      case 'ready':
        return undefined;
      case 'wait':
      case 'connecting':
      case 'connect':
        starting ??= connected(redis).finally(() => {
          starting = undefined;
        });
        return starting;
      default:
        return Promise.reject(new StoreUnavailableError('redis', 'no connection'));
    }
  }

  /**
   * Who comes meanwhile hears it too, until the first has gone: of a cluster any node is asked, and one that is silent must
   * not keep those of the others waiting.
   */
  function askTime(end: number): Promise<void> {
    if (asking && clock() < asking.end) return asking.told;
    const told = redis.time().then(([seconds, micros]) => {
      server.learn(Number(seconds) * 1e6 + Number(micros));
    });
    const mine = { told, end };
    asking = mine;
    told.catch(() => {
      if (asking === mine) asking = undefined;
    });
    return told;
  }

  async function carryOut({ script, keys, args, wait: { end } }: ScriptCall): Promise<readonly number[]> {
    await whenReady();
    for (;;) {
      let fixed = 0;
      let late = 0;
      if (now) {
        fixed = now();
      } else {
        if (server.now() === undefined) await askTime(end);
        const left = end - clock();
        if (left <= 0) throw new StoreUnavailableError('redis', 'no answer in time');
        late = Math.ceil((server.now() ?? 0) + left * 1000);
      }
      const answer = numbersIn(await send(script, keys, [fixed, late, ...args]));
      if (!now) server.learn(answer[1] ?? 0);
      // in time by our clock and late by the server's: its clock was set, or another server has taken over
      if (answer[0] !== LATE) return answer;
    }
  }

  return {
    run(call) {
      const { deadlineMs, end } = call.wait;
      return new Promise((resolve, reject) => {
        const giveUp = (): void => reject(new StoreUnavailableError('redis', `no answer within ${deadlineMs} ms`));
        const left = end - clock();
        // the scripts before this one took all of it: nobody is there any more to ask for
        if (left <= 0) return giveUp();
        // a process that stood still for longer finds the answer in its socket, which is read after its timers
        const timer = setTimeout(() => setImmediate(giveUp), Math.ceil(left));
        const done = (): void => clearTimeout(timer);
        const failed = (error: unknown): void =>
          reject(codeOf(error) === 'CROSSSLOT' ? error : redisUnavailable(error));
        carryOut(call).finally(done).then(resolve, failed);
      });
    },
  };
}

/** Resolves when a client that connects is ready. */
function connected(redis: RedisLike): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      redis.off('ready', ready);
      redis.off('close', failed);
      redis.off('end', failed);
    };
    const ready = (): void => {
      leave();
      resolve();
    };
    const failed = (): void => {
      leave();
      reject(new StoreUnavailableError('redis', 'no connection'));
    };
    redis.on('ready', ready);
    redis.on('close', failed);
    redis.on('end', failed);
    if (redis.status === 'wait') redis.connect().catch(failed);
  });
}

function numbersIn(answer: unknown): readonly number[] {
  if (!Buffer.isBuffer(answer)) throw new StoreUnavailableError('redis', 'an answer that no script of ours gives');
  return msgpackNumbers(answer);
}
