import { AssertionError } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { memoryAuditStore } from '@castellan/core/audit';
import { memoryRevocationStore } from '@castellan/core/revocation';
import { memorySessionStore, memorySubjectStore, type SessionStore } from '@castellan/core/sessions';
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

  const some = traces.filter((_, i) => i % 8 === 0);
  /** Stores that are wrong in one way each, at the port. */
  const wrong: Readonly<Record<string, (sessions: SessionStore) => Partial<SessionStore>>> = {
    'never makes a lost answer good': (s) => ({ refresh: (call) => s.refresh({ ...call, reissueMs: 0 }) }),
    'knows no grace': (s) => ({ refresh: (call) => s.refresh({ ...call, graceMs: 0 }) }),
    'has a longer grace': (s) => ({ refresh: (call) => s.refresh({ ...call, graceMs: 2 * call.graceMs }) }),
    'does not look at the attempt': (s) => ({ refresh: (call) => s.refresh({ ...call, attemptHash: null }) }),
    'does not note the first use': (s) => ({
      use: async (call) =>
        call.generation > 0 ? { outcome: 'accept', claimsEpoch: 0, now: call.now ?? 0 } : s.use(call),
    }),
    'does not end the session': () => ({ revoke: async () => ({ outcome: 'not_found' }) }),
  };
  for (const [fault, change] of Object.entries(wrong))
    test(`a store that ${fault} is found out`, async () => {
      const memory = stores();
      const faulty = { ...memory, sessions: { ...memory.sessions, ...change(memory.sessions) } };
      const replays = await Promise.allSettled(some.map((trace) => replayTrace(faulty, trace)));
      const failures = replays.filter((replay) => replay.status === 'rejected');
      expect(failures.length).toBeGreaterThan(0);
      for (const { reason } of failures) expect(reason).toBeInstanceOf(AssertionError);
    });
});
