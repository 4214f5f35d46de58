import { deepEqual, equal, notEqual } from 'node:assert/strict';
import type { SessionRules } from './memory-session-store.ts';
import { ABSOLUTE, C, ELSEWHERE, IDLE, type SessionScene, sessionScene, T0 } from './session-scene.cases.ts';

/** One rule of the state table of docs/sessions.md, run against the rules that are given. */
export interface TableCase {
  readonly name: string;
  readonly run: (rules?: Partial<SessionRules>) => Promise<void>;
}

/** R0 is exchanged for R1 at 0 ms, R1 for R2 at `at`. */
async function twice(s: SessionScene, at: number = C): Promise<void> {
  await s.given('R0', 'R1', 'rotate');
  await s.given('R1', 'R2', 'rotate', { at });
}

/** R1's answer was lost; R0 was presented after C and got R1b: R1 is displaced. */
async function reissued(s: SessionScene): Promise<void> {
  await s.given('R0', 'R1', 'rotate');
  await s.given('R0', 'R1b', 'reissue', { at: C });
}

const cases: Readonly<Record<string, (s: SessionScene) => Promise<void>>> = {
  'unknown: a session that is not there, of another tenant or of the other transport': async (s) => {
    const before = s.row();
    equal(await s.step('R0', 'R1', { sessionId: '01900000-0000-7000-8000-000000000000' }), 'unknown');
    equal(await s.step('R0', 'R1', { tenant: 'other' }), 'unknown');
    equal(await s.step('R0', 'R1', { transport: 'cookie' }), 'unknown');
    deepEqual(s.row(), before);
    deepEqual(await s.trail(), []);
  },
  'deadline: nobody waits for the answer any more, so nothing is changed, recorded or told': async (s) => {
    const before = s.row();
    equal(await s.step('R0', 'R1', { budgetMs: 0 }), 'deadline');
    deepEqual(s.row(), before);
    await s.revoke();
    equal(await s.step('R0', 'R1', { budgetMs: -1 }), 'deadline');
    deepEqual(await s.trail(), ['user.logout success']);
  },

  'revoked: a session that was ended, also when it would have expired by now': async (s) => {
    await s.revoke();
    equal(await s.step('R0', 'R1'), 'revoked');
    equal(await s.step('R0', 'R1', { at: ABSOLUTE }), 'revoked');
    deepEqual(await s.trail(), ['user.logout success', 'user.refresh failure revoked', 'user.refresh failure revoked']);
  },
  'revoked: the epoch of the subject has moved': async (s) => {
    const call = { tenant: 't', id: 'alice', actor: null, audit: { id: 'a', origin: ELSEWHERE } };
    await s.subjects.endAll(call);
    equal(await s.step('R0', 'R1'), 'revoked');
    equal(await s.step('R0', 'R1', { at: ABSOLUTE }), 'revoked');
  },
  'user_disabled: a disabled subject refreshes nothing, and what it presents is no reuse': async (s) => {
    await twice(s);
    s.disable();
    equal(await s.step('R0', 'R3', { at: 3 * C }), 'user_disabled');
    equal(await s.step('R2', 'R3', { at: ABSOLUTE }), 'user_disabled');
    equal(s.row().revokedAt, null);
    equal((await s.trail()).at(-1), 'user.refresh failure user_disabled');
  },
  'expired: from the millisecond at which the absolute life ends, and the row is revoked without a revocation': async (
    s,
  ) => {
    s.alter({ idleExpiresAt: T0 + ABSOLUTE });
    equal(await s.step('R0', 'R1', { at: ABSOLUTE - 1 }), 'rotate');
    equal(await s.step('R1', 'R2', { at: ABSOLUTE }), 'expired');
    equal(s.row().revokedAt, T0 + ABSOLUTE);
    equal(s.row().revokeReason, 'expired');
    equal(await s.revocations(), 0);
    equal((await s.trail()).at(-1), 'user.refresh failure expired');
    equal(await s.step('R1', 'R2', { at: ABSOLUTE }), 'revoked');
  },
  'idle: from the millisecond at which the idle life ends, and the row is revoked without a revocation': async (s) => {
    equal(await s.step('R0', 'R1', { at: IDLE[0] - 1 }), 'rotate');
    equal(await s.step('R1', 'R2', { at: IDLE[0] - 1 + IDLE[0] }), 'idle');
    equal(s.row().revokedAt, T0 + 2 * IDLE[0] - 1);
    equal(s.row().revokeReason, 'idle');
    equal(await s.revocations(), 0);
    equal((await s.trail()).at(-1), 'user.refresh failure idle');
  },
  'idle: an old token of an idle session is no reuse, and one without its key no mismatch': async (s) => {
    await twice(s);
    s.alter({ popJkt: 'key' });
    equal(await s.step('R0', 'R3', { at: C + IDLE[0] }), 'idle');
  },
  'pop_mismatch: a session bound to a key refuses another key and none, and stays as it is': async (s) => {
    s.alter({ popJkt: 'key' });
    const before = s.row();
    equal(await s.step('R0', 'R1', { jkt: 'other' }), 'pop_mismatch');
    equal(await s.step('R0', 'R1'), 'pop_mismatch');
    deepEqual(s.row(), before);
    deepEqual(await s.trail(), ['user.refresh failure pop_mismatch', 'user.refresh failure pop_mismatch']);
    equal(await s.step('R0', 'R1', { jkt: 'other', at: IDLE[0] - 1 }), 'pop_mismatch');
    equal(await s.step('R0', 'R1', { jkt: 'key' }), 'rotate');
    equal(await s.step('R0', 'R2', { jkt: 'other', at: 3 * C }), 'pop_mismatch');
  },
  'pop: a session that is bound to no key ignores one': async (s) => {
    equal(await s.step('R0', 'R1', { jkt: 'key' }), 'rotate');
  },
  'ahead: a generation that the store does not know yet is no evidence of theft': async (s) => {
    await twice(s);
    const before = s.row();
    equal(await s.step('R2', 'R4', { generation: 3, at: 3 * C }), 'ahead');
    deepEqual(s.row(), before);
    s.alter({ parentHash: null });
    equal(await s.step('R2', 'R4', { generation: 3, at: 3 * C }), 'ahead');
    equal((await s.trail()).at(-1), 'user.refresh failure ahead');
  },

  'keep: a leaf younger than C is answered with itself, and is confirmed by that': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    const { leaf, leafAt, lastUsedAt, generation } = s.row();
    const kept = await s.refresh('R1', 'R2', { at: C - 1 });
    equal(kept.outcome, 'keep');
    equal(s.held(kept), 'R1');
    deepEqual(s.row(), { ...s.row(), leaf, leafAt, lastUsedAt, generation, confirmedAt: T0 + C - 1 });
    equal(await s.step('R0', 'R2', { at: C }), 'reuse');
  },
  'keep: ends when the last answer is C old': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    equal(await s.step('R1', 'R2', { at: C }), 'rotate');
  },
  'keep: counts from the last answer, also when that was a replay': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    await s.given('R0', 'R2', 'replay', { at: C - 1 });
    equal(await s.step('R1', 'R2', { at: 2 * C - 2 }), 'keep');
    equal(await s.step('R1', 'R2', { at: 2 * C - 1 }), 'rotate');
  },
  'keep: never moves the moment that it counts from, nor the idle life': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    const { lastUsedAt, idleExpiresAt } = s.row();
    equal(await s.step('R1', 'R2', { at: C - 1 }), 'keep');
    deepEqual([s.row().lastUsedAt, s.row().idleExpiresAt], [lastUsedAt, idleExpiresAt]);
    equal(await s.step('R1', 'R2', { at: C }), 'rotate');
  },
  'keep: never of generation 0, which nobody else can be waiting for': async (s) => {
    equal(await s.step('R0', 'R1', { at: 1 }), 'rotate');
  },
  'keep: the first confirmation stays': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    equal(await s.use('R1', { at: 1 }), 'accept');
    await s.given('R1', 'R2', 'keep', { at: 2 });
    equal(s.row().confirmedAt, T0 + 1);
  },
  'busy: a young leaf presented by another attempt, or by none, changes nothing and is not recorded': async (s) => {
    await s.given('R0', 'R1', 'rotate', { attempt: 'mine' });
    const before = s.row();
    equal(await s.step('R1', 'R2', { at: 1, attempt: 'other' }), 'busy');
    equal(await s.step('R1', 'R2', { at: 1 }), 'busy');
    deepEqual(s.row(), before);
    deepEqual(await s.trail(), ['user.refresh success rotate']);
    equal(await s.step('R1', 'R2', { at: 1, attempt: 'mine' }), 'keep');
    equal(await s.step('R1', 'R2', { at: C, attempt: 'other' }), 'rotate');
  },

  'rotate: the leaf becomes the parent, and everything of the new leaf is set': async (s) => {
    await s.given('R0', 'R1', 'rotate', { attempt: 'first' });
    equal(await s.use('R1', { at: 1 }), 'accept');
    await s.given('R0', 'R2', 'replay', { at: 2, attempt: 'first' });
    const { leaf } = s.row();
    const rotated = await s.refresh('R1', 'R2', { at: 2 * C, origin: ELSEWHERE });
    equal(s.held(rotated), 'R2');
    const { hash, nonce, kid } = s.row().leaf;
    notEqual(nonce, null);
    deepEqual(s.row(), {
      ...s.row(),
      generation: 2,
      parentHash: leaf.hash,
      leaf: { kid: 2, hash, nonce },
      leafAt: T0 + 2 * C,
      lastUsedAt: T0 + 2 * C,
      confirmedAt: null,
      attemptHash: null,
      replays: 0,
      ip: ELSEWHERE.ip,
      userAgent: ELSEWHERE.userAgent,
      revokedAt: null,
    });
    equal(kid, 2);
    equal((await s.trail()).at(-1), 'user.refresh success rotate');
  },
  'rotate: the idle life slides by the level of assurance, never past the absolute life': async (s) => {
    s.alter({ aal: 2 });
    equal(await s.step('R0', 'R1', { at: 5 }), 'rotate');
    equal(s.row().idleExpiresAt, T0 + 5 + IDLE[1]);
    s.alter({ idleExpiresAt: T0 + ABSOLUTE });
    equal(await s.step('R1', 'R2', { at: ABSOLUTE - 1 }), 'rotate');
    equal(s.row().idleExpiresAt, T0 + ABSOLUTE);
  },
  'rotate: counts the generations running in which another address or agent replayed': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    await s.given('R0', 'x', 'replay', { at: 1, origin: ELSEWHERE });
    await s.given('R0', 'x', 'replay', { at: 2 });
    const second = await s.refresh('R1', 'R2', { at: 2 * C });
    equal('sharing' in second && second.sharing, 1);
    equal(await s.step('R1', 'x', { at: 2 * C + 1, origin: { ...ELSEWHERE, ip: s.row().ip } }), 'replay');
    equal(await s.step('R2', 'R3', { at: 4 * C }), 'rotate');
    equal(s.row().sharing, 2);
    equal(await s.step('R2', 'x', { at: 4 * C + 1 }), 'replay');
    equal(await s.step('R3', 'R4', { at: 6 * C }), 'rotate');
    equal(s.row().sharing, 0);
  },
  'reuse: an instance that a re-issue displaced revokes the session, in the feed and the audit too': async (s) => {
    await reissued(s);
    equal(await s.step('R1', 'R2', { at: C + 1 }), 'reuse');
    equal(s.row().revokedAt, T0 + C + 1);
    equal(s.row().revokeReason, 'reuse');
    equal(await s.revocations(), 1);
    equal((await s.trail()).at(-1), 'session.reuse_detected failure reuse');
    equal(await s.step('R1b', 'R2', { at: 3 * C }), 'revoked');
  },
  'reuse: an authentic token of this generation that is not the leaf, also where there is no parent': async (s) => {
    await twice(s);
    s.restamp('R3', 2 * C);
    equal(await s.step('R2', 'R4', { generation: 3, at: 3 * C }), 'reuse');
  },

  'superseded: after a re-stamp what was issued before is refused, and nothing is revoked': async (s) => {
    await twice(s);
    s.restamp('R3', 2 * C);
    const before = s.row();
    equal(await s.step('R2', 'R4', { at: 2 * C + 1 }), 'superseded');
    equal(await s.step('R0', 'R4', { at: 9 * C }), 'superseded');
    deepEqual(s.row(), before);
    equal((await s.trail()).at(-1), 'user.refresh failure superseded');
    equal(await s.step('R3', 'R4', { at: 9 * C }), 'rotate');
  },
  'again: the very call repeated gets the same answer, whatever the window and the attempt': async (s) => {
    const first = { attempt: 'first', graceMs: 0, reissueMs: 0 };
    await s.given('R0', 'R1', 'rotate', first);
    equal(await s.use('R1'), 'accept');
    const before = s.row();
    equal(await s.step('R0', 'R1', { at: 1, attempt: 'first' }), 'again');
    deepEqual(s.row(), before);
    const again = await s.refresh('R0', 'R1', { ...first, at: 3 * C });
    equal(again.outcome, 'again');
    equal(s.held(again), 'R1');
    deepEqual(s.row(), before);
    equal(await s.step('R0', 'R1', { at: 1, attempt: 'second' }), 'again');
    equal((await s.trail()).at(-1), 'user.refresh success again');
  },
  'replay: inside C the parent gets the same successor': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    const { leaf, leafAt, confirmedAt } = s.row();
    const replay = await s.refresh('R0', 'R2', { at: C - 1 });
    equal(replay.outcome, 'replay');
    equal(s.held(replay), 'R1');
    const slid = { lastUsedAt: T0 + C - 1, idleExpiresAt: T0 + C - 1 + IDLE[0] };
    deepEqual(s.row(), { ...s.row(), generation: 1, leaf, leafAt, confirmedAt, replays: 1, ...slid });
    equal((await s.trail()).at(-1), 'user.refresh success replay');
  },
  'replay: also when the leaf is in use already': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    equal(await s.use('R1', { at: 1 }), 'accept');
    equal(await s.step('R0', 'R2', { at: 2 }), 'replay');
  },
  'replay: never moves its window, which ends C after the birth of the leaf': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    await s.given('R0', 'R2', 'replay', { at: C - 1 });
    equal(await s.step('R0', 'R2', { at: C }), 'busy');
  },
  'replay: only of the attempt that made the leaf, where that had a key': async (s) => {
    await s.given('R0', 'R1', 'rotate', { attempt: 'mine' });
    equal(await s.step('R0', 'R2', { at: 1, attempt: 'mine' }), 'replay');
    const before = s.row();
    equal(await s.step('R0', 'R2', { at: 1, attempt: 'other' }), 'busy');
    equal(await s.step('R0', 'R2', { at: 1 }), 'busy');
    deepEqual(s.row(), before);
  },
  'replay: of any attempt, where the leaf was made without one': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    equal(await s.step('R0', 'R2', { at: 1, attempt: 'any' }), 'replay');
  },
  'busy: the parent after C, while the last answer may be under way; never longer than 2 C': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    equal(await s.use('R1', { at: 1 }), 'accept');
    await s.given('R0', 'R2', 'replay', { at: C - 1 });
    const before = s.row();
    equal(await s.step('R0', 'R2', { at: 2 * C - 2 }), 'busy');
    deepEqual(s.row(), before);
    equal((await s.trail()).at(-1), 'user.refresh success replay');
    equal(await s.step('R0', 'R2', { at: 2 * C - 1 }), 'reuse');
  },
  'reissue: a lost answer is made good however late: a fresh leaf of the same generation, the lost one displaced':
    async (s) => {
      await s.given('R0', 'R1', 'rotate', { attempt: 'first' });
      const { parentHash } = s.row();
      const at = IDLE[0] - 1;
      const answer = await s.refresh('R0', 'R1b', { at, attempt: 'second' });
      equal(answer.outcome, 'reissue');
      equal(s.held(answer), 'R1b');
      deepEqual(s.row(), {
        ...s.row(),
        generation: 1,
        parentHash,
        leafAt: T0 + at,
        lastUsedAt: T0 + at,
        idleExpiresAt: T0 + at + IDLE[0],
        confirmedAt: null,
        replays: 1,
      });
      equal(await s.step('R0', 'R1c', { at: at + 1, attempt: 'second' }), 'replay');
      equal(await s.step('R0', 'R1c', { at: at + 1, attempt: 'first' }), 'busy');
      equal((await s.trail())[1], 'user.refresh success reissue');
    },
  'reissue: not when the leaf was used by its access token, nor when it was kept': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    equal(await s.use('R1', { at: 1 }), 'accept');
    equal(await s.step('R0', 'R1b', { at: C }), 'reuse');
  },
  'reissue: ends when the leaf is L old': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    equal(await s.step('R0', 'R1b', { at: 3 * C - 1, reissueMs: 3 * C }), 'reissue');
    equal(await s.step('R0', 'R1c', { at: 6 * C - 1, reissueMs: 3 * C }), 'reuse');
  },
  'reissue: the access token of the parent confirms nothing': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    equal(await s.use('R0', { at: 1 }), 'accept');
    equal(await s.step('R0', 'R1b', { at: C }), 'reissue');
  },
  'reuse: a parent whose successor is in use, after C': async (s) => {
    await twice(s);
    equal(await s.use('R2', { at: C + 1 }), 'accept');
    equal(await s.step('R1', 'R3', { at: 2 * C }), 'reuse');
    equal(s.row().revokedAt, T0 + 2 * C);
    equal(await s.revocations(), 1);
  },
  'reuse: anything older than the parent, also inside C': async (s) => {
    await twice(s);
    equal(await s.step('R0', 'R3', { at: C + 1 }), 'reuse');
    equal((await s.trail()).at(-1), 'session.reuse_detected failure reuse');
  },
  'reuse: an instance of the generation before that was displaced, also inside C': async (s) => {
    await reissued(s);
    await s.given('R1b', 'R2', 'rotate', { at: 2 * C });
    equal(await s.step('R1', 'R3', { at: 2 * C + 1 }), 'reuse');
  },

  'textbook mode: with no grace and no re-issue every token rotates once, at once, and never again': async (s) => {
    const textbook = { graceMs: 0, reissueMs: 0 };
    equal(await s.step('R0', 'R1', textbook), 'rotate');
    equal(await s.step('R1', 'R2', textbook), 'rotate');
    equal(await s.step('R1', 'R3', textbook), 'reuse');
  },
  'audit: ordinary refreshes are left out where asked, evidence never': async (s) => {
    const audit = (id: string) => ({ audit: { id, origin: ELSEWHERE, ordinary: false } });
    await s.given('R0', 'R1', 'rotate', audit('1'));
    await s.given('R1', 'R2', 'keep', { ...audit('2'), at: 1 });
    deepEqual(await s.trail(), []);
    await s.given('R0', 'R2', 'replay', { ...audit('3'), at: 2 });
    await s.given('R0', 'R2', 'reuse', { ...audit('4'), at: 2 * C });
    await s.given('R0', 'R2', 'revoked', { ...audit('5'), at: 2 * C });
    deepEqual(await s.trail(), [
      'user.refresh success replay',
      'session.reuse_detected failure reuse',
      'user.refresh failure revoked',
    ]);
  },
};

/** The state table, row by row. */
export const stateTableCases: readonly TableCase[] = Object.entries(cases).map(([name, run]) => ({
  name,
  run: async (rules) => run(await sessionScene(rules)),
}));
