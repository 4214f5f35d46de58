import { expect, test } from 'vitest';
import type { Query, Recall } from './driver.ts';
import type { Fault } from './fault.ts';
import { recalledOr } from './recalled.ts';
import type { Failure } from './retry.ts';
import { statement } from './statement.ts';

const asked = (text: string): Query => ({ statement: statement(text), values: [] });
const verb = asked('verb');
const recall = (): Recall => ({ settled: asked('settled'), answer: asked('answer') });
const failures = (...faults: Fault[]): Failure[] => faults.map((fault) => ({ fault, place: 'statement', error: null }));

/** What is asked, in order, when these queries answer these rows. */
async function run(before: readonly Failure[], answers: Record<string, readonly string[]> = {}, how = { recall }) {
  const texts: string[] = [];
  const rows = await recalledOr<string>(verb, how, before, async (query) => {
    texts.push(query.statement.text);
    return answers[query.statement.text] ?? [];
  });
  return { texts, rows };
}

test('a first try asks nothing but what it is there for', async () => {
  expect(await run([], { verb: ['done'], answer: ['before'] })).toEqual({ texts: ['verb'], rows: ['done'] });
});

test('after an unknown outcome the answer of the try before is given, and nothing is done again', async () => {
  const { texts, rows } = await run(failures('connection_lost'), { verb: ['done'], answer: ['before'] });
  expect([texts, rows]).toEqual([['settled', 'answer'], ['before']]);
});

test('where the try before was not carried out, this one is', async () => {
  const { texts, rows } = await run(failures('connection_lost'), { verb: ['done'] });
  expect([texts, rows]).toEqual([['settled', 'answer', 'verb'], ['done']]);
});

test('an outcome stays unknown however the tries after it failed', async () => {
  const { rows } = await run(failures('connection_lost', 'not_executed'), { verb: ['done'], answer: ['before'] });
  expect(rows).toEqual(['before']);
});

test.each<Fault>(['not_executed', 'rolled_back', 'broken_plan', 'read_only'])(
  'nothing was done after %s',
  async (fault) => {
    expect((await run(failures(fault), { answer: ['before'] })).texts).toEqual(['verb']);
  },
);

test('what recognises itself has nothing to ask', async () => {
  const texts: string[] = [];
  await recalledOr(verb, {}, failures('connection_lost'), async (query) => {
    texts.push(query.statement.text);
    return [];
  });
  expect(texts).toEqual(['verb']);
});
