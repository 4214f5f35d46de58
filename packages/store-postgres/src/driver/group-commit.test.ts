import { StoreUnavailableError } from '@castellan/core/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GroupCommitOptions, groupCommit } from './group-commit.ts';

interface Call {
  readonly id: number;
  readonly key: string;
}

/** A store whose answers come when the test says so. */
function handHeld(options: Partial<GroupCommitOptions<Call, string>> = {}) {
  const flights: {
    readonly how: 'single' | 'batch';
    readonly ids: number[];
    land(ordinary?: (id: number) => boolean): void;
    fail(error: Error): void;
  }[] = [];
  const deferred: (() => void)[] = [];
  const verb = groupCommit<Call, string>({
    key: (call) => call.key,
    single: ({ id }) =>
      new Promise((resolve, reject) => {
        flights.push({ how: 'single', ids: [id], land: () => resolve(`single ${id}`), fail: reject });
      }),
    batch: (calls) =>
      new Promise((resolve, reject) => {
        flights.push({
          how: 'batch',
          ids: calls.map((call) => call.id),
          land: (ordinary = () => true) => resolve(calls.map(({ id }) => (ordinary(id) ? `batch ${id}` : undefined))),
          fail: reject,
        });
      }),
    defer: (act) => deferred.push(act),
    ...options,
  });
  return {
    verb,
    flights,
    /** Lets everything happen that is not waiting for a flight to land. */
    turn: async () => {
      for (let i = 0; i < 20; i++) {
        await Promise.resolve();
        for (const act of deferred.splice(0)) act();
      }
    },
    log: () => flights.map(({ how, ids }) => `${how} ${ids.join(',')}`),
  };
}

const call = (id: number, key = `k${id}`): Call => ({ id, key });

describe('group commit', () => {
  it('a lonely call goes at once, with the plain statement', async () => {
    const { verb, flights, log } = handHeld();
    const answer = verb(call(1));
    expect(log()).toEqual(['single 1']);
    flights[0]?.land();
    expect(await answer).toBe('single 1');
  });

  it('a lonely caller that comes again as soon as it has its answer goes at once, too', async () => {
    const { verb, flights, log } = handHeld({ defer: () => {} });
    void verb(call(1)).then(() => verb(call(2)));
    flights[0]?.land();
    for (let hop = 0; hop < 20; hop++) await Promise.resolve();
    expect(log()).toEqual(['single 1', 'single 2']);
  });

  it('what comes while the flights are under way goes with the next one, all of it', async () => {
    const { verb, flights, turn, log } = handHeld({ maxFlights: 1 });
    const answers = [1, 2, 3, 4].map((id) => verb(call(id)));
    await turn();
    expect(log()).toEqual(['single 1']);
    flights[0]?.land();
    await turn();
    expect(log()).toEqual(['single 1', 'batch 2,3,4']);
    flights[1]?.land();
    expect(await Promise.all(answers)).toEqual(['single 1', 'batch 2', 'batch 3', 'batch 4']);
  });

  it('a batch holds a key once; the second call of it waits for the answer of the first', async () => {
    const { verb, flights, turn, log } = handHeld({ mode: 'batch' });
    void verb(call(1, 'a'));
    void verb(call(2, 'a'));
    void verb(call(3, 'b'));
    await turn();
    expect(log()).toEqual(['batch 1,3']);
    flights[0]?.land();
    await turn();
    expect(log()).toEqual(['batch 1,3', 'batch 2']);
  });

  it('whoever does not come back from a batch is asked alone', async () => {
    const { verb, flights, turn, log } = handHeld({ mode: 'batch' });
    const answers = [1, 2].map((id) => verb(call(id)));
    await turn();
    flights[0]?.land((id) => id === 1);
    await turn();
    expect(log()).toEqual(['batch 1,2', 'single 2']);
    flights[1]?.land();
    expect(await Promise.all(answers)).toEqual(['batch 1', 'single 2']);
  });

  it('a batch whose statement fails sends its rows singly', async () => {
    const { verb, flights, turn, log } = handHeld({ mode: 'batch' });
    const answers = [1, 2].map((id) => verb(call(id)));
    await turn();
    flights[0]?.fail(new Error('22P02'));
    await turn();
    expect(log()).toEqual(['batch 1,2', 'single 1', 'single 2']);
    flights[1]?.land();
    flights[2]?.fail(new Error('22P02'));
    expect(await Promise.allSettled(answers)).toMatchObject([{ value: 'single 1' }, { reason: new Error('22P02') }]);
  });

  it('a batch that met an absent database answers all its calls, and asks nobody again', async () => {
    const { verb, flights, turn, log } = handHeld({ mode: 'batch' });
    const answers = [1, 2].map((id) => verb(call(id)));
    await turn();
    const gone = new StoreUnavailableError('postgres', 'gone');
    flights[0]?.fail(gone);
    expect(await Promise.allSettled(answers)).toMatchObject([{ reason: gone }, { reason: gone }]);
    expect(log()).toEqual(['batch 1,2']);
  });

  it('a call past its deadline leaves before the flight', async () => {
    let late = false;
    const { verb, flights, turn, log } = handHeld({
      maxFlights: 1,
      expired:
        () =>
        ({ id }) =>
          late && id === 2 ? { result: 'deadline' } : undefined,
    });
    const answers = [1, 2, 3].map((id) => verb(call(id)));
    await turn();
    late = true;
    flights[0]?.land();
    await turn();
    expect(await answers[1]).toBe('deadline');
    expect(log()).toEqual(['single 1', 'single 3']);
  });

  it('a call past its deadline leaves also when it would be asked alone', async () => {
    let late = false;
    const { verb, flights, turn, log } = handHeld({
      mode: 'batch',
      expired: () => () => (late ? { result: 'deadline' } : undefined),
    });
    const answer = verb(call(1));
    await turn();
    late = true;
    flights[0]?.land(() => false);
    expect(await answer).toBe('deadline');
    expect(log()).toEqual(['batch 1']);
  });

  it('of two flights at most one waits for locks: beside a lonely call even one call goes as a batch', async () => {
    const { verb, turn, log } = handHeld();
    void verb(call(1));
    void verb(call(2));
    await turn();
    expect(log()).toEqual(['single 1', 'batch 2']);
  });

  it('forced single never gathers, and so does a transaction, which has no flights', async () => {
    for (const options of [{ mode: 'single' as const }, { maxFlights: 0 }]) {
      const { verb, turn, log } = handHeld(options);
      void verb(call(1, 'a'));
      void verb(call(2, 'a'));
      await turn();
      expect(log()).toEqual(['single 1', 'single 2']);
    }
  });

  it('forced batch asks for a single call as a batch of one', async () => {
    const { verb, turn, log } = handHeld({ mode: 'batch' });
    void verb(call(1));
    await turn();
    expect(log()).toEqual(['batch 1']);
  });

  it('in any order of events every call gets its own answer once, keys keep their order, and the bounds hold', async () => {
    const calls = fc.array(
      fc.record({
        key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        fate: fc.constantFrom(
          'ordinary',
          'ordinary',
          'ordinary',
          'odd',
          'expires',
          'breaks its batch',
          'fails alone',
          'meets an outage',
        ),
      }),
      { minLength: 1, maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        calls,
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom('auto' as const, 'batch' as const),
        async (s, plan, maxFlights, maxRows, mode) => {
          type Planned = (typeof plan)[number] & { readonly id: number };
          const outage = new StoreUnavailableError('postgres', 'outage');
          // told at the end: thrown inside a verb they would only look like the verb's own failure
          const violations: string[] = [];
          const answers = plan.map(() => 0);
          const asked = new Set<number>();
          const finished = new Map<string, number>();
          const underWay = new Set<string>();
          let batches = 0;
          let singles = 0;
          const begin = (call: Planned): void => {
            if (underWay.has(call.key)) violations.push(`${call.id}: its key is under way`);
            if ((finished.get(call.key) ?? -1) >= call.id) violations.push(`${call.id}: overtaken`);
            underWay.add(call.key);
            asked.add(call.id);
          };
          const end = (call: Planned, over: boolean): void => {
            underWay.delete(call.key);
            if (over) finished.set(call.key, call.id);
          };
          const verb = groupCommit<Planned, number>({
            key: (call) => call.key,
            async single(call) {
              begin(call);
              if (++singles > 3) violations.push('too many are asked alone');
              await s.schedule(Promise.resolve(), `single ${call.id}`);
              singles--;
              end(call, true);
              if (call.fate === 'fails alone') throw new Error('alone');
              return call.id;
            },
            async batch(rows) {
              if (++batches > maxFlights) violations.push('too many flights');
              if (rows.length > maxRows) violations.push('too many rows');
              for (const row of rows) begin(row);
              await s.schedule(Promise.resolve(), `batch ${rows.map((row) => row.id).join(' ')}`);
              batches--;
              const out = rows.some((row) => row.fate === 'meets an outage');
              const broken = rows.some((row) => row.fate === 'breaks its batch');
              for (const row of rows) end(row, out || (!broken && row.fate === 'ordinary'));
              if (out) throw outage;
              if (broken) throw new Error('broken');
              return rows.map((row) => (row.fate === 'ordinary' ? row.id : undefined));
            },
            expired: () => (call) => (call.fate === 'expires' ? { result: -1 } : undefined),
            maxFlights,
            maxRows,
            maxAlone: 2,
            mode,
            defer: (act) => void s.schedule(Promise.resolve(), 'turn').then(act),
          });
          const outcomes: Promise<unknown>[] = [];
          const arrivals = async (): Promise<void> => {
            for (const [id, planned] of plan.entries()) {
              await s.schedule(Promise.resolve(), `call ${id}`);
              const outcome = verb({ ...planned, id }).then(
                (value) => {
                  if (value !== (planned.fate === 'expires' ? -1 : id)) violations.push(`${id}: got ${value}`);
                },
                (error: unknown) => {
                  if (error !== outage && planned.fate !== 'fails alone') violations.push(`${id}: rejected`);
                },
              );
              outcomes.push(outcome.then(() => answers.splice(id, 1, (answers[id] ?? 0) + 1)));
            }
          };
          await s.waitFor(arrivals());
          await s.waitFor(Promise.all(outcomes));
          expect(violations).toEqual([]);
          expect(answers).toEqual(plan.map(() => 1));
          for (const [id, planned] of plan.entries()) expect(asked.has(id)).toBe(planned.fate !== 'expires');
        },
      ),
      { numRuns: 300 },
    );
  });
});

it('flights share what is to be carried, and few calls are left together', async () => {
  const sizes: number[] = [];
  const send = groupCommit<number, number>({
    mode: 'batch',
    maxFlights: 2,
    maxRows: 200,
    key: String,
    single: async (call) => call,
    batch: async (calls) => {
      sizes.push(calls.length);
      return calls;
    },
  });
  await Promise.all(Array.from({ length: 40 }, (_, call) => send(call)));
  expect(sizes.slice(0, 2)).toEqual([20, 20]);
  sizes.length = 0;
  await Promise.all(Array.from({ length: 7 }, (_, call) => send(call)));
  expect(sizes).toEqual([7]);
});
