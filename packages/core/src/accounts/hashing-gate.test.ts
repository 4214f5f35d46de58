import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Problem } from '../http/index.ts';
import { createHashingGate, type HashingGateOptions, hashingConcurrency } from './hashing-gate.ts';

/** A gate on a clock and timers that stand still, and work that ends when it is told. */
function scene(options: Partial<HashingGateOptions> = {}) {
  let now = 0;
  const timers = new Set<{ at: number; act: () => void }>();
  const gate = createHashingGate({
    concurrency: 2,
    clock: () => now,
    timer(act, ms) {
      const one = { at: now + ms, act };
      timers.add(one);
      return () => timers.delete(one);
    },
    ...options,
  });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    gate,
    begun,
    timers,
    advance: async (ms: number) => {
      now += ms;
      for (const one of timers) if (one.at <= now && timers.delete(one)) one.act();
      await turn();
    },
    stall: (ms: number) => {
      now += ms;
    },
    /** Asks for work by a name; what comes out is its name or the problem's code. */
    ask: (name: string, pass: { gone?: boolean } = {}) => {
      const work = () =>
        new Promise<string>((resolve) => {
          begun.push(name);
          ends.set(name, () => resolve(name));
        });
      return gate.run(work, pass).catch((error: unknown) => (error instanceof Problem ? error : String(error)));
    },
    end: async (name: string) => {
      ends.get(name)?.();
      await turn();
    },
  };
}

const code = (answer: unknown): unknown => (answer instanceof Problem ? answer.code : answer);

describe('the hashing gate', () => {
  it('runs at most `concurrency` hashes, the others in the order of their arrival', async () => {
    const { ask, begun, end, gate } = scene();
    for (const name of ['a', 'b', 'c', 'd']) void ask(name);
    await turn();
    expect(begun).toEqual(['a', 'b']);
    expect(gate.load).toEqual({ running: 2, waiting: 2 });
    await end('b');
    expect(begun).toEqual(['a', 'b', 'c']);
    await end('a');
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('refuses at once when 8 per running hash are waiting, and says when to come back', async () => {
    const { ask, end } = scene();
    const asked = Array.from({ length: 18 }, (_, at) => ask(`${at}`));
    const refused = await ask('one too many');
    expect(code(refused)).toBe('overloaded');
    expect((refused as Problem).headers).toEqual({ 'retry-after': '1' });
    await end('0');
    const admitted = ask('after one has gone');
    for (const name of [...asked.keys(), 'after one has gone']) await end(`${name}`);
    expect(await admitted).toBe('after one has gone');
    expect(await Promise.all(asked)).toHaveLength(18);
  });

  it('refuses when more than a second of work is queued, as far as it has measured', async () => {
    const { ask, advance, end } = scene();
    const first = ask('first');
    await advance(800);
    await end('first');
    await first;
    const queued = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ask(name)); // two run; 800 ms / 2 for each that waits
    expect(code(await queued[5])).toBe('overloaded');
    expect(((await queued[5]) as Problem).headers['retry-after']).toBe('2');
  });

  it('lets one wait even when a single hash takes longer than all that may be queued', async () => {
    const { ask, advance, end, begun } = scene({ concurrency: 1 });
    const first = ask('first');
    await advance(1500);
    await end('first');
    await first;
    void ask('second');
    void ask('third');
    await end('second');
    expect(begun).toEqual(['first', 'second', 'third']);
  });

  it('lets nobody wait longer than the deadline, whether or not a place gets free', async () => {
    const { ask, advance, end, begun, timers } = scene();
    void ask('a');
    void ask('b');
    const first = ask('first');
    await advance(500);
    const second = ask('second');
    await advance(1500);
    expect(code(await first)).toBe('overloaded');
    await end('a');
    await end('second');
    expect(await second).toBe('second');
    expect(begun).toEqual(['a', 'b', 'second']);
    expect(timers.size).toBe(0);
  });

  it('begins no hash after the deadline when the timer is late, because the process stood still', async () => {
    const { ask, end, begun, stall } = scene();
    void ask('a');
    void ask('b');
    const waiter = ask('waiter');
    stall(2000);
    await end('a');
    expect(code(await waiter)).toBe('overloaded');
    expect(begun).toEqual(['a', 'b']);
  });

  it('frees the place of a waiter that has left', async () => {
    const { ask, advance, gate } = scene({ queue: 1 });
    void ask('a');
    void ask('b');
    const waiter = ask('waiter');
    expect(code(await ask('refused'))).toBe('overloaded');
    await advance(2000);
    await waiter;
    expect(gate.load.waiting).toBe(0);
  });

  it('does not hash for a client that has gone, before and after it waited', async () => {
    const { ask, begun, end, timers } = scene();
    expect(code(await ask('gone', { gone: true }))).toBe('overloaded');
    void ask('a');
    void ask('b');
    const pass = { gone: false };
    const leaving = ask('leaving', pass);
    void ask('behind');
    pass.gone = true;
    await end('a');
    expect(code(await leaving)).toBe('overloaded');
    expect(begun).toEqual(['a', 'b', 'behind']);
    expect(timers.size).toBe(0);
  });

  it('gives the place on when the work fails, and hands the failure out', async () => {
    const { gate, ask, begun } = scene({ concurrency: 1 });
    const failing = gate.run(() => Promise.reject(new Error('no memory')));
    const next = ask('next');
    await expect(failing).rejects.toThrow('no memory');
    await turn();
    expect(begun).toEqual(['next']);
    void next;
    await expect(
      createHashingGate().run(() => {
        throw new Error('thrown at once');
      }),
    ).rejects.toThrow('thrown at once');
  });

  it.each([
    [2, 4, 3],
    [8, 4, 3],
    [1, 4, 2],
    [16, 1, 1],
    [4, 128, 5],
  ])('on %i cores and %i threads of the pool runs %i at once', (cores, threads, expected) => {
    expect(hashingConcurrency(cores, threads)).toBe(expected);
  });

  it.each(['concurrency', 'queue', 'queuedWorkMs', 'deadlineMs'])('refuses a %s that is no positive number', (name) => {
    for (const value of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => createHashingGate({ [name]: value })).toThrow(new RegExp(`hashingGate\\.${name}`));
  });
});
