import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Problem } from '../http/index.ts';
import { createVerificationQueue } from './verification-queue.ts';

/** A queue, and work that ends when it is told. */
function scene(options: { concurrency: number; queue: number }) {
  const queue = createVerificationQueue(options);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const refused: string[] = [];
  return {
    begun,
    refused,
    ask: (sender: string, name: string): void => {
      const work = () =>
        new Promise<void>((resolve) => {
          begun.push(name);
          ends.set(name, resolve);
        });
      queue
        .run(() => sender, work)
        .catch((error: unknown) => {
          if (!(error instanceof Problem)) throw error;
          refused.push(`${name} ${error.code}`);
        });
    },
    end: async (name: string): Promise<void> => {
      ends.get(name)?.();
      await turn();
    },
  };
}

describe('the line of tokens that nobody has seen', () => {
  it('is not there while there is room', () => {
    const { ask, begun } = scene({ concurrency: 2, queue: 2 });
    ask('eve', 'a');
    ask('eve', 'b');
    expect(begun).toEqual(['a', 'b']);
  });

  it('lets senders take turns: who brings many waits behind who brings one', async () => {
    const { ask, end, begun } = scene({ concurrency: 1, queue: 100 });
    ask('eve', 'e1');
    for (const name of ['e2', 'e3', 'e4']) ask('eve', name);
    ask('ada', 'a1');
    ask('bob', 'b1');
    for (const name of ['e1', 'e2', 'a1', 'b1', 'e3', 'e4']) await end(name);
    expect(begun).toEqual(['e1', 'e2', 'a1', 'b1', 'e3', 'e4']);
  });

  it('when it is full refuses the last of the longest line, 503, and takes the newcomer', async () => {
    const { ask, end, begun, refused } = scene({ concurrency: 1, queue: 3 });
    for (const name of ['e1', 'e2', 'e3', 'e4']) ask('eve', name);
    ask('ada', 'a1');
    await turn();
    expect(refused).toEqual(['e4 overloaded']);
    for (const name of ['e1', 'e2', 'a1', 'e3']) await end(name);
    expect(begun).toEqual(['e1', 'e2', 'a1', 'e3']);
    ask('eve', 'again');
    expect(begun).toContain('again');
  });

  it('goes on after work that fails, and never runs more at once than it may', async () => {
    const queue = createVerificationQueue({ concurrency: 3, queue: 1000 });
    let running = 0;
    let most = 0;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 500 }, (_, n) =>
        queue.run(
          () => `sender ${n % 7}`,
          async () => {
            most = Math.max(most, ++running);
            await turn();
            running--;
            if (n % 5 === 0) throw new Error('forged');
          },
        ),
      ),
    );
    expect(most).toBe(3);
    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(100);
  });
});
