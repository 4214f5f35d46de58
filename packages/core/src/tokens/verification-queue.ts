import { Problem } from '../http/index.ts';

/**
 * The line of access tokens that nobody has seen before: checking a signature is work, and whoever sends many different
 * tokens must not keep others from having theirs checked.
 */
export interface VerificationQueue {
  /**
   * Runs the work when there is room.
   * @param sender who brings the token; asked for only when there is a line
   * @throws Problem 503 `overloaded`: never 401 or 429, for the token may be good
   */
  run<T>(sender: () => string, work: () => Promise<T>): Promise<T>;
}

/** Bounds of a {@link VerificationQueue}. */
export interface VerificationQueueOptions {
  /** Checks at the same time. Default 64. */
  readonly concurrency?: number;
  /** Tokens in line. Default 1,024. */
  readonly queue?: number;
}

interface Waiting {
  readonly begin: () => void;
  readonly refuse: () => void;
}

/**
 * Makes it. Senders take turns, whatever the length of their lines; when all places are taken, the longest line loses
 * its last one.
 */
export function createVerificationQueue(options: VerificationQueueOptions = {}): VerificationQueue {
  const { concurrency = 64, queue = 1024 } = options;
  /** Lines by sender, the one whose turn it is first. */
  const lines = new Map<string, Waiting[]>();
  let waiting = 0;
  let running = 0;

  const next = (): void => {
    if (running >= concurrency) return;
    const [turn] = lines;
    if (!turn) return;
    const [sender, line] = turn;
    const first = line.shift();
    lines.delete(sender);
    if (line.length > 0) lines.set(sender, line); // to the end of the round
    waiting--;
    first?.begin();
  };
  const runNow = async <T>(work: () => Promise<T>): Promise<T> => {
    running++;
    try {
      return await work();
    } finally {
      running--;
      next();
    }
  };
  const makeRoom = (): void => {
    let longest: [sender: string, line: Waiting[]] | undefined;
    for (const line of lines) if (line[1].length > (longest?.[1].length ?? 0)) longest = line;
    if (!longest) return;
    const [sender, line] = longest;
    line.pop()?.refuse();
    waiting--;
    if (line.length === 0) lines.delete(sender);
  };

  return {
    async run(sender, work) {
      if (running < concurrency && waiting === 0) return runNow(work);
      return new Promise((resolve, reject) => {
        const one: Waiting = {
          begin: () => resolve(runNow(work)),
          refuse: () => reject(new Problem('overloaded', { headers: { 'retry-after': '1' } })),
        };
        const from = sender();
        const line = lines.get(from);
        if (line) line.push(one);
        else lines.set(from, [one]);
        waiting++;
        if (waiting > queue) makeRoom();
      });
    },
  };
}
