import { availableParallelism } from 'node:os';
import { Problem } from '../http/index.ts';
import { type MonotonicClock, monotonicClock } from '../kernel/index.ts';

/** Whose work it is: a request that nobody waits for any more is not worth a hash. */
export interface GatePass {
  /** True once nobody waits for the result. */
  readonly gone?: boolean;
  /** Told when a hash begins: a refusal at the gate costs nothing, what comes after it does. */
  begins?(): void;
}

/**
 * The one door to password hashing in a process. Unbounded hashing fills libuv's pool and starves everything else that
 * needs it: files, name look-ups, WebCrypto. Make one gate per process and give it to every library that hashes.
 */
export interface HashingGate {
  /**
   * Runs the work when there is room.
   * @param pass read again when its turn comes: give the live request, not a copy
   * @throws Problem 503 `overloaded` when the queue is full, the deadline has passed, or the client has gone
   */
  run<T>(work: () => Promise<T>, pass?: GatePass): Promise<T>;
  /**
   * Refuses now what {@link run} would refuse now, so that a storm isn't answered by asking the store first.
   * @throws Problem 503 `overloaded`
   */
  ensureRoom(): void;
  /** How much is going on. */
  readonly load: { readonly running: number; readonly waiting: number };
}

/** Bounds of a {@link HashingGate}. */
export interface HashingGateOptions {
  /** How many hashes run at once. Default: one more than the machine has cores, but fewer than libuv's pool has threads. */
  readonly concurrency?: number;
  /** How many may wait. Default 8 for each that runs. */
  readonly queue?: number;
  /** How much work may be queued, as the time it will take, ms. Default 1,000. */
  readonly queuedWorkMs?: number;
  /**
   * Nobody waits at the gate for longer than this, ms. Default 2,000. Counted from the gate, not from the request's
   * arrival: else a client that sends its body slowly could never sign in while others wait.
   */
  readonly deadlineMs?: number;
  readonly clock?: MonotonicClock;
  /** Calls once after `ms`; the answer cancels. Default `setTimeout`, which doesn't keep the process alive. */
  readonly timer?: (act: () => void, ms: number) => () => void;
}

/**
 * One more than there are cores: the next hash is on its way to a core when one ends, and does not wait for the event
 * loop, which shares the cores (2 cores: 0.85 → 0.91 of pure hashing over HTTP, though each hash takes 4 % more of a
 * core that goes from one to the other). But one fewer than libuv's pool has
 * threads, so that a file can always be read; at least one.
 */
export function hashingConcurrency(cores: number, poolThreads: number): number {
  return Math.max(1, Math.min(cores + 1, poolThreads - 1));
}

interface Waiter {
  readonly since: number;
  readonly pass: GatePass;
  begin(): void;
  refuse(reason: string): void;
}

/**
 * Makes a gate.
 * @throws TypeError when a bound makes no sense
 */
export function createHashingGate(options: HashingGateOptions = {}): HashingGate {
  const { queuedWorkMs = 1000, deadlineMs = 2000, clock = monotonicClock, timer = unrefTimer } = options;
  const concurrency = positive(options.concurrency ?? machineConcurrency(), 'concurrency');
  const queue = positive(options.queue ?? 8 * concurrency, 'queue');
  positive(queuedWorkMs, 'queuedWorkMs');
  positive(deadlineMs, 'deadlineMs');

  const waiting = new Set<Waiter>(); // in the order of arrival
  let running = 0;
  let meanMs = 0; // of one hash; 0 until one was measured

  /** How long `count` hashes take together, ms. */
  const workMs = (count: number): number => (count * meanMs) / concurrency;
  const overloaded = (reason: string): Problem => {
    const seconds = Math.max(1, Math.ceil(workMs(waiting.size + running) / 1000));
    return new Problem('overloaded', { headers: { 'retry-after': String(seconds) }, cause: reason });
  };

  const ensureRoom = (): void => {
    if (running < concurrency) return;
    if (waiting.size >= queue) throw overloaded('the queue is full');
    if (workMs(waiting.size) > queuedWorkMs) throw overloaded('too much work is queued');
  };

  const runNow = async <T>(work: () => Promise<T>): Promise<T> => {
    running++;
    const startedAt = clock();
    try {
      return await work();
    } finally {
      const tookMs = clock() - startedAt;
      meanMs = meanMs === 0 ? tookMs : meanMs + (tookMs - meanMs) / 8;
      running--;
      admitNext();
    }
  };

  const admitNext = (): void => {
    for (const waiter of waiting) {
      if (running >= concurrency) return;
      waiting.delete(waiter);
      if (waiter.pass.gone) waiter.refuse('the client has gone');
      else if (clock() - waiter.since >= deadlineMs) waiter.refuse('the deadline has passed');
      else waiter.begin();
    }
  };

  return {
    ensureRoom,
    get load() {
      return { running, waiting: waiting.size };
    },
    async run(work, pass = {}) {
      if (pass.gone) throw overloaded('the client has gone');
      ensureRoom();
      if (running < concurrency) return runNow(work);
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          since: clock(),
          pass,
          begin() {
            cancel();
            resolve(runNow(work));
          },
          refuse(reason) {
            cancel();
            waiting.delete(waiter);
            reject(overloaded(reason));
          },
        };
        // a hash that hangs must not keep those behind it for ever
        const cancel = timer(() => waiter.refuse('the deadline has passed'), deadlineMs);
        waiting.add(waiter);
      });
    },
  };
}

function machineConcurrency(): number {
  return hashingConcurrency(availableParallelism(), Number(process.env['UV_THREADPOOL_SIZE'] ?? 4) || 4);
}

function positive(value: number, name: string): number {
  if (!(Number.isFinite(value) && value > 0)) throw new TypeError(`hashingGate.${name} must be a positive number`);
  return value;
}

function unrefTimer(act: () => void, ms: number): () => void {
  const handle = setTimeout(act, ms);
  handle.unref();
  return () => clearTimeout(handle);
}
