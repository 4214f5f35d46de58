import { noOrigin, uuidv7Generator } from '@castellan/core/kernel';
import type { RefreshCall } from '@castellan/core/sessions';
import { describe, expect, it } from 'vitest';
import { type BindValue, type Runner, type RunOptions, valuesNow } from './driver/driver.ts';
import { refreshVerb } from './refresh-verb.ts';

const makeId = uuidv7Generator();
const bytes = new Uint8Array(32);

function callOf(budgetMs: number): RefreshCall {
  return {
    tenant: '',
    sessionId: makeId(),
    transport: 'bearer',
    generation: 0,
    hash: bytes,
    successor: { kid: 1, hash: bytes, nonce: bytes },
    attemptHash: null,
    jkt: null,
    graceMs: 10_000,
    reissueMs: null,
    idleMs: [1, 1, 1],
    budgetMs,
    origin: noOrigin,
    audit: { id: makeId(), origin: noOrigin, ordinary: true },
  };
}

/** A driver that has no connection for `waitsMs`; nobody has a session. */
function scene(mode: 'single' | 'batch', waitsMs: number) {
  let now = 0;
  const sent: { readonly values: readonly BindValue[]; readonly how: RunOptions }[] = [];
  const runner: Runner = {
    async run(_statement, values, how) {
      now += waitsMs;
      sent.push({ values: valuesNow(values), how });
      return [];
    },
  };
  return { sent, refresh: refreshVerb(runner, 'castellan', { mode, maxFlights: 2, clock: () => now }) };
}
/** `budget` of the statement for one. */
const BUDGET = 14;

describe('the refresh verb', () => {
  it('takes the wait for a connection from the budget that the database is told', async () => {
    const { sent, refresh } = scene('single', 3_000);
    await refresh(callOf(4_000));
    expect(sent[0]?.values[BUDGET]).toBe(1_000);
  });

  it('leaves out of a batch whose budget is over when it is sent, and hurries nobody for it', async () => {
    const { sent, refresh } = scene('batch', 2_000);
    const patient = callOf(4_000);
    const late = callOf(1_000);
    const [first, second] = await Promise.all([refresh(patient), refresh(late)]);
    expect(sent[0]?.values[0]).toEqual([patient.sessionId, null]);
    expect(sent[0]?.how.withinMs).toBe(5_000);
    expect([first.outcome, second.outcome]).toEqual(['unknown', 'deadline']);
    expect(sent).toHaveLength(2);
  });
});
