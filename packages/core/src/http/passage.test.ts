import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testExchange, testResponse } from '../../../../tests/support/exchanges.ts';
import type { CompiledPolicy } from './entry.ts';
import type { Exchange, HttpResponse } from './exchange.ts';
import type { After, Guard, Verdict } from './guard.ts';
import { composeGuards, openPassage } from './passage.ts';

const problem = (error: unknown): HttpResponse => testResponse({ status: 500, error });

interface GuardPlan {
  readonly does: 'pass' | 'answer' | 'throw' | 'watch';
  readonly late: boolean;
  readonly after: { readonly does: 'same' | 'replace' | 'throw'; readonly late: boolean };
}

const plan: fc.Arbitrary<GuardPlan> = fc.record({
  does: fc.constantFrom('pass', 'pass', 'watch', 'watch', 'watch', 'answer', 'throw'),
  late: fc.boolean(),
  after: fc.record({ does: fc.constantFrom('same', 'replace', 'throw'), late: fc.boolean() }),
});

/** Runs `act` now or in a later turn. */
function when<T>(late: boolean, act: () => T): T | Promise<T> {
  return late ? new Promise<void>((resolve) => setImmediate(resolve)).then(act) : act();
}

function guardOf({ does, late, after }: GuardPlan, at: number, log: string[]): Guard {
  return () =>
    when(late, (): Verdict => {
      log.push(`in ${at}`);
      switch (does) {
        case 'pass':
          return undefined;
        case 'answer':
          return testResponse({ status: 400 + at });
        case 'throw':
          throw new Error(`guard ${at}`);
        case 'watch':
          return (response) =>
            when(after.late, () => {
              log.push(`out ${at} ${response.status}`);
              if (after.does === 'throw') throw new Error(`after ${at}`);
              return after.does === 'same' ? response : { ...response, status: 600 + at };
            });
      }
    });
}

/** What must happen, worked out from the plans alone. */
function expected(
  plans: readonly GuardPlan[],
  handler: number,
): { readonly log: readonly string[]; readonly status: number } {
  const end = plans.findIndex(({ does }) => does === 'answer' || does === 'throw');
  const entered = end < 0 ? plans : plans.slice(0, end + 1);
  const log = entered.map((_, at) => `in ${at}`);
  let status = end < 0 ? handler : plans[end]?.does === 'answer' ? 400 + end : 500;
  for (const [at, { does, after }] of [...entered.entries()].reverse()) {
    if (does !== 'watch') continue;
    log.push(`out ${at} ${status}`);
    if (after.does !== 'same') status = after.does === 'throw' ? 500 : 600 + at;
  }
  return { log, status };
}

async function travel(policy: CompiledPolicy, exchange: Exchange): Promise<HttpResponse> {
  const passage = openPassage(policy, exchange, problem);
  const refused = await passage.head();
  const refusedByBody = refused ?? (passage.wantsBody ? await passage.body({ value: 1, raw: undefined }) : undefined);
  const response = await passage.leave(refusedByBody ?? testResponse());
  expect(await passage.leave(response)).toBe(response); // a second time there is nothing left to run
  return response;
}

describe('openPassage', () => {
  it('whatever guards do, each after runs once, in reverse order, and sees what the one below it answered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { maxLength: 7 }), fc.nat(7), async (plans, cut) => {
        const log: string[] = [];
        const guards = plans.map((one, at) => guardOf(one, at, log));
        const response = await travel(
          { head: guards.slice(0, cut), body: guards.slice(cut), route: undefined },
          testExchange(),
        );
        expect({ log, status: response.status }).toEqual(expected(plans, 200));
      }),
      { numRuns: 300 },
    );
  });

  it('guards made into one behave like the guards themselves', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plan, { maxLength: 6 }), fc.nat(6), async (plans, cut) => {
        const log: string[] = [];
        const guards = plans.map((one, at) => guardOf(one, at, log));
        const head = [composeGuards(guards.slice(0, cut), problem), composeGuards(guards.slice(cut), problem)];
        const response = await travel({ head, body: [], route: undefined }, testExchange());
        expect({ log, status: response.status }).toEqual(expected(plans, 200));
      }),
      { numRuns: 200 },
    );
  });

  it('is synchronous when the guards are', () => {
    const log: string[] = [];
    const watch = guardOf({ does: 'watch', late: false, after: { does: 'replace', late: false } }, 0, log);
    const passage = openPassage({ head: [watch], body: [watch], route: undefined }, testExchange(), problem);
    expect(passage.head()).toBeUndefined();
    expect(passage.body({ value: 1, raw: undefined })).toBeUndefined();
    expect(passage.leave(testResponse())).toMatchObject({ status: 600 });
    expect(log).toEqual(['in 0', 'in 0', 'out 0 200', 'out 0 600']);
  });

  it('watches only when a guard wants to see the answer', () => {
    const passing = openPassage({ head: [() => undefined], body: [], route: undefined }, testExchange(), problem);
    expect([passing.head(), passing.watches, passing.wantsBody]).toEqual([undefined, false, false]);
    const watching = openPassage(
      { head: [() => (r) => r], body: [() => {}], route: undefined },
      testExchange(),
      problem,
    );
    expect([watching.watches, watching.head(), watching.watches, watching.wantsBody]).toEqual([
      false,
      undefined,
      true,
      true,
    ]);
  });

  it('body guards see the body and the same context', async () => {
    const exchange = testExchange();
    const seen: unknown[] = [];
    const passage = openPassage(
      {
        head: [],
        body: [({ body, context, headers }) => void seen.push(body.value, context, headers)],
        route: undefined,
      },
      exchange,
      problem,
    );
    await passage.body({ value: { a: 1 }, raw: undefined });
    expect(seen).toEqual([{ a: 1 }, exchange.context, exchange.headers]);
    expect(seen[1]).toBe(exchange.context);
    expect(seen[2]).toBe(exchange.headers);
  });

  it('takes promises of another library, and an untyped after that answers nothing', async () => {
    // biome-ignore lint/suspicious/noThenProperty: a promise that is none of ours is what this is about
    const foreign = { then: (resolve: (value: undefined) => void) => resolve(undefined) } as Promise<undefined>;
    const untyped = (() => undefined) as unknown as After;
    const passage = openPassage(
      {
        head: [() => foreign, () => untyped, async () => (async () => undefined) as unknown as After],
        body: [],
        route: undefined,
      },
      testExchange(),
      problem,
    );
    expect(await passage.head()).toBeUndefined();
    const response = testResponse({ status: 204 });
    expect(await passage.leave(response)).toBe(response);
  });
});
