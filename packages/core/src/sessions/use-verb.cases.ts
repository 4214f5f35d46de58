import { deepEqual, equal } from 'node:assert/strict';
import type { SessionRules } from './memory-session-store.ts';
import { C, ELSEWHERE, type SessionScene, sessionScene, T0 } from './session-scene.cases.ts';
import type { TableCase } from './state-table.cases.ts';

const cases: Readonly<Record<string, (s: SessionScene) => Promise<void>>> = {
  'use, unknown: a session that is not there, of another tenant or of another subject': async (s) => {
    equal(await s.use('R0', { sessionId: '01900000-0000-7000-8000-000000000000' }), 'unknown');
    equal(await s.use('R0', { tenant: 'other' }), 'unknown');
    equal(await s.use('R0', { subject: 'bob' }), 'unknown');
    equal(s.row().confirmedAt, null);
  },
  'use, revoked: a token of an earlier epoch, also of a session that was re-stamped since': async (s) => {
    s.restamp('R1', 0);
    equal(await s.use('R0', { userEpoch: 0 }), 'revoked');
    equal(await s.use('R1', { userEpoch: 1 }), 'accept');
  },
  'use, revoked: a session that was ended, whatever the token is': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    await s.given('R0', 'R1b', 'reissue', { at: C });
    await s.revoke(C);
    equal(await s.use('R1b', { at: C }), 'revoked');
    equal(await s.use('R1', { at: C }), 'revoked');
    equal(await s.revocations(), 1);
  },
  'use, accept: a token of the leaf, which is confirmed by its first use': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    equal(await s.use('R1', { at: 1 }), 'accept');
    equal(await s.use('R1', { at: 2 }), 'accept');
    equal(s.row().confirmedAt, T0 + 1);
    deepEqual(await s.trail(), ['user.refresh success rotate']);
  },
  'use, accept: a token of the parent, which confirms nothing': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    equal(await s.use('R0', { at: 2 * C }), 'accept');
    equal(s.row().confirmedAt, null);
  },
  'use, superseded: after a re-stamp a token of the same epoch from before it, and nothing is revoked': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    s.restamp('R2', C);
    equal(await s.use('R1', { userEpoch: 1 }), 'superseded');
    equal(await s.use('R0', { userEpoch: 1 }), 'superseded');
    equal(s.row().revokedAt, null);
  },
  'use, displaced: another instance of the leaf revokes the session, in the feed and the audit too': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    await s.given('R0', 'R1b', 'reissue', { at: C });
    equal(await s.use('R1', { at: C + 1 }), 'displaced');
    deepEqual([s.row().revokedAt, s.row().revokeReason], [T0 + C + 1, 'reuse']);
    equal(await s.revocations(), 1);
    equal((await s.trail()).at(-1), 'session.reuse_detected failure displaced');
    equal(await s.use('R1b', { at: C + 2 }), 'revoked');
  },
  'use, displaced: another instance of the parent revokes the session': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    await s.given('R0', 'R1b', 'reissue', { at: C });
    await s.given('R1b', 'R2', 'rotate', { at: 2 * C });
    equal(await s.use('R1', { at: 2 * C }), 'displaced');
    equal(s.row().revokedAt, T0 + 2 * C);
  },
  'use, ahead: a generation that the store does not know yet is refused, and nothing is revoked': async (s) => {
    equal(await s.use('R0', { generation: 1 }), 'ahead');
    equal(s.row().revokedAt, null);
  },
  'use, superseded: two generations behind is merely old': async (s) => {
    await s.given('R0', 'R1', 'rotate');
    await s.given('R1', 'R2', 'rotate', { at: C, origin: ELSEWHERE });
    equal(await s.use('R0', { at: C }), 'superseded');
    equal(s.row().revokedAt, null);
  },
};

/** The use verb, rule by rule. */
export const useVerbCases: readonly TableCase[] = Object.entries(cases).map(([name, run]) => ({
  name,
  run: async (rules?: Partial<SessionRules>) => run(await sessionScene(rules)),
}));
