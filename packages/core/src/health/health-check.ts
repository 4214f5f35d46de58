import type { MonotonicClock } from '../kernel/index.ts';

/**
 * Asks one dependency. It is down when this throws, rejects or answers `false`. The signal is aborted once nobody waits
 * any more: `fetch(url, { signal })`.
 */
export type HealthCheck = (signal: AbortSignal) => unknown;

/** How a dependency is. */
export interface CheckResult {
  readonly ok: boolean;
  /** Whole milliseconds; at the time limit for one that did not answer. */
  readonly latency_ms: number;
}

/** What a {@link sharedCheck} is made of. */
export interface SharedCheckOptions {
  readonly check: HealthCheck;
  /** How long an answer is waited for. */
  readonly timeoutMs: number;
  readonly monotonic: MonotonicClock;
  /** Told of a dependency that was up, or not known, and is down. */
  readonly onDown: (error: unknown) => void;
  /** Told of one that was down and is up. */
  readonly onUp: () => void;
}

/** Time limits after which a check that still hangs is given up, and another one is begun. */
const PATIENCE = 10;

interface Run {
  readonly result: Promise<CheckResult>;
  readonly startedAt: number;
}

/**
 * Makes a check that any number of callers may ask: they share the one that is under way, also when it has run into its
 * time limit and the dependency still works on it. A sick database is asked once, not by every prober again and again.
 * Never rejects.
 */
export function sharedCheck({
  check,
  timeoutMs,
  monotonic,
  onDown,
  onUp,
}: SharedCheckOptions): () => Promise<CheckResult> {
  let run: Run | undefined;
  let isDown = false;
  const told = async (inTime: Promise<void>, startedAt: number): Promise<CheckResult> => {
    const error = await inTime.then(
      () => undefined,
      (reason: unknown) => ({ reason }),
    );
    if (error && !isDown) onDown(error.reason);
    if (!error && isDown) onUp();
    isDown = error !== undefined;
    return { ok: !isDown, latency_ms: Math.max(0, Math.round(monotonic() - startedAt)) };
  };
  const begin = (startedAt: number): Run => {
    const { inTime, settled } = ask(check, timeoutMs);
    const begun: Run = { startedAt, result: told(inTime, startedAt) };
    void settled.then(() => {
      if (run === begun) run = undefined;
    });
    return begun;
  };
  return () => {
    const now = monotonic();
    if (!run || now - run.startedAt > timeoutMs * PATIENCE) run = begin(now);
    return run.result;
  };
}

interface Asked {
  /** Rejects when the dependency is down, or did not answer within the limit. */
  readonly inTime: Promise<void>;
  /** Resolves when it has answered, however late. */
  readonly settled: Promise<void>;
}

function ask(check: HealthCheck, timeoutMs: number): Asked {
  const abort = new AbortController();
  // in a turn of its own, so that one that throws at once rejects too
  const answer = Promise.resolve().then(async () => {
    if ((await check(abort.signal)) === false) throw new Error('the check answered false');
  });
  const inTime = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      const late = new Error(`no answer within ${timeoutMs} ms`);
      reject(late);
      abort.abort(late);
    }, timeoutMs).unref();
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
  return { inTime, settled: answer.catch(() => {}) };
}
