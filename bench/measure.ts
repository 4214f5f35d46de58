import { setTimeout as delay } from 'node:timers/promises';

/** One line of a report. `ratio` is what counts: both sides were measured in the same run, in turns. */
export interface Figure {
  readonly name: string;
  /** What is compared with what, with units. */
  readonly measured: string;
  /** Better when larger, unless `goal` says `at most`. */
  readonly ratio: number;
  readonly goal: { readonly atLeast: number } | { readonly atMost: number };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/**
 * Runs the contestants in turns, forwards and backwards, so that a slow spell of the machine hits all of them;
 * answers each one's results by name.
 */
export async function inTurns<R>(
  rounds: number,
  contestants: Readonly<Record<string, () => Promise<R> | R>>,
): Promise<Readonly<Record<string, readonly R[]>>> {
  const names = Object.keys(contestants);
  const results: Record<string, R[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const name of round % 2 ? names.toReversed() : names) {
      await delay(5); // timers get their turn: a feed that could not poll would change what is measured
      results[name]?.push(await (contestants[name] as () => Promise<R> | R)());
    }
  return results;
}

/** Nanoseconds per call. */
export function nsPerCall(calls: number, run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / calls;
}

/** Runs `work` from `callers` loops until `ms` have passed; calls per second and the latency of each in ms. */
export async function load(
  callers: number,
  ms: number,
  work: (caller: number) => Promise<unknown>,
): Promise<{ readonly perSecond: number; readonly latencies: readonly number[] }> {
  const latencies: number[] = [];
  const start = performance.now();
  const loop = async (caller: number): Promise<void> => {
    while (performance.now() - start < ms) {
      const sent = performance.now();
      await work(caller);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => loop(caller)));
  return { perSecond: latencies.length / ((performance.now() - start) / 1000), latencies };
}
