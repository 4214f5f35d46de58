import { readFileSync } from 'node:fs';
import { memoryAuditStore } from '@castellan/core/audit';
import { memoryRevocationStore } from '@castellan/core/revocation';
import { memorySessionStore, memorySubjectStore } from '@castellan/core/sessions';
import { describe, expect, test } from 'vitest';
import { parseTraces, replayTrace, type TraceStores } from './model-traces.ts';

const traces = parseTraces(readFileSync(new URL('../../../formal/traces.jsonl', import.meta.url), 'utf8'));

function stores(): TraceStores {
  const audit = memoryAuditStore();
  const revocations = memoryRevocationStore();
  const subjects = memorySubjectStore({ audit, revocations });
  return { subjects, sessions: memorySessionStore({ subjects, audit, revocations }) };
}

describe('the store and the model of the protocol say the same', () => {
  test('there are at least 500 runs of it, with and without attempt keys', () => {
    expect(traces.length).toBeGreaterThanOrEqual(500);
    expect(traces.filter(({ hasKeys }) => hasKeys).length).toBeGreaterThanOrEqual(200);
    expect(traces.filter(({ hasKeys }) => !hasKeys).length).toBeGreaterThanOrEqual(200);
  });

  test('the runs come to every outcome that the model knows, each at least 20 times', () => {
    const seen = new Map<string, number>();
    for (const { steps } of traces)
      for (const step of steps)
        if ('outcome' in step) {
          const name = `${step.do} ${step.outcome}`;
          seen.set(name, (seen.get(name) ?? 0) + 1);
        }
    const refreshes = ['rotate', 'keep', 'replay', 'reissue', 'busy', 'reuse', 'revoked'].map(
      (name) => `refresh ${name}`,
    );
    const uses = ['accept', 'revoked', 'superseded', 'displaced'].map((name) => `use ${name}`);
    for (const name of [...refreshes, ...uses])
      expect([name, seen.get(name) ?? 0].join(' ')).toMatch(/ (?:[2-9]\d|\d{3,})$/);
  });

  const groups = Map.groupBy(traces, ({ name }) => name.replace(/ seed.*/, ''));
  for (const [flags, group] of groups)
    test(`${group.length} runs of ${flags}`, async () => {
      const memory = stores();
      for (const trace of group) expect(await replayTrace(memory, trace)).toBeGreaterThan(0);
    });
});
