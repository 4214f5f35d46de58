import { describe, expect, test } from 'vitest';
import type { SessionRules } from './memory-session-store.ts';
import { applied, decided, first, used, when, without } from './mutated-rules.cases.ts';
import { refreshVerdict } from './refresh-verdict.ts';
import { C, SceneNotReached } from './session-scene.cases.ts';
import { stateTableCases, type TableCase } from './state-table.cases.ts';
import { useVerbCases } from './use-verb.cases.ts';
import { useVerdict } from './use-verdict.ts';

/** What is done to the rules, and the beginnings of the names of exactly those cases that notice. */
const mutants: Readonly<Record<string, readonly [Partial<SessionRules>, ...string[]]>> = {
  'the deadline is not looked at': [
    decided((row, subject, call, now) => refreshVerdict(row, subject, { ...call, budgetMs: 1 }, now)),
    'deadline: nobody waits for the',
  ],
  'the tenant is not looked at': [
    decided((row, subject, call, now) => refreshVerdict(row, subject, { ...call, tenant: row?.tenant ?? '' }, now)),
    'unknown: a session that is',
  ],
  'the transport is not looked at': [
    decided((row, subject, call, now) =>
      refreshVerdict(row, subject, { ...call, transport: row?.transport ?? 'bearer' }, now),
    ),
    'unknown: a session that is',
  ],
  'a revoked session lives on': [
    without('revoked'),
    'revoked: a session that was',
    'expired: from the millisecond at',
    'reuse: an instance that a',
  ],
  'the epoch is not looked at': [without('revoked/2'), 'revoked: the epoch of the'],
  'a disabled subject refreshes': [without('user_disabled'), 'user_disabled: a disabled subject refreshes'],
  'expiry is looked at before revocation': [
    first('expired', 'revoked'),
    'revoked: a session that was',
    'revoked: the epoch of the',
    'user_disabled: a disabled subject refreshes',
    'expired: from the millisecond at',
  ],
  'expiry is looked at before disabling': [
    first('expired', 'user_disabled'),
    'user_disabled: a disabled subject refreshes',
  ],
  'the absolute life is not looked at': [without('expired'), 'expired: from the millisecond at'],
  'the absolute life is a millisecond longer': [
    when('expired', ({ row, now }) => now > row.expiresAt),
    'expired: from the millisecond at',
  ],
  'the idle life is not looked at': [without('idle'), 'idle: from the millisecond at', 'idle: an old token of'],
  'idle is looked at before expiry': [first('idle', 'expired'), 'expired: from the millisecond at'],
  'the key is not looked at': [without('pop_mismatch'), 'pop_mismatch: a session bound to'],
  'a session that is bound to no key refuses one': [
    when('pop_mismatch', ({ row, call }) => row.popJkt !== call.jkt),
    'pop: a session that is',
  ],
  'the key is looked at before the idle life': [first('pop_mismatch', 'idle'), 'idle: an old token of'],
  'a token from the future is reuse': [without('ahead'), 'ahead: a generation that the'],
  'a young leaf is never kept': [
    without('keep'),
    'keep: a leaf younger than',
    'keep: counts from the last',
    'keep: never moves the moment',
    'busy: a young leaf presented',
  ],
  'a young leaf rotates': [
    without('keep', 'busy'),
    'keep: a leaf younger than',
    'keep: counts from the last',
    'keep: never moves the moment',
    'busy: a young leaf presented',
  ],
  'generation 0 is kept': [
    when('keep', (f) => f.isLeaf && f.answerIsYoung && f.sameAttempt),
    'pop_mismatch: a session bound to',
    'pop: a session that is',
    'keep: never of generation 0',
    'rotate: the idle life slides',
  ],
  'keep counts from the birth of the leaf': [
    when('keep', (f) => f.isLeaf && f.row.generation > 0 && f.leafIsYoung && f.sameAttempt),
    'keep: counts from the last',
  ],
  'keep lasts a millisecond longer': [
    when(
      'keep',
      (f) => f.isLeaf && f.row.generation > 0 && f.now <= f.row.lastUsedAt + f.call.graceMs && f.sameAttempt,
    ),
    'keep: ends when the last',
    'keep: counts from the last',
    'keep: never moves the moment',
    'textbook mode: with no grace',
  ],
  'keep does not look at the attempt': [
    when('keep', (f) => f.isLeaf && f.row.generation > 0 && f.answerIsYoung),
    'busy: a young leaf presented',
  ],
  'a young leaf of another attempt rotates': [without('busy'), 'busy: a young leaf presented'],
  'a displaced leaf is not noticed': [without('reuse'), 'reuse: an authentic token of'],
  'a re-stamp is not looked at': [without('superseded'), 'superseded: after a re-stamp what'],
  'a re-stamp is looked at too early': [first('superseded', 'reuse'), 'reuse: an authentic token of'],
  'the same call again is not recognised': [without('again'), 'again: the very call repeated'],
  'the same call again is a replay': [first('replay', 'again'), 'again: the very call repeated'],
  'inside C the parent is reuse': [
    without('replay'),
    'replay: inside C the parent',
    'replay: also when the leaf',
    'replay: only of the attempt',
    'replay: of any attempt, where',
    'reissue: a lost answer is',
  ],
  'a replay does not look at the attempt': [
    when('replay', (f) => f.isParent && f.leafIsYoung),
    'replay: only of the attempt',
    'reissue: a lost answer is',
  ],
  'a replay moves the window of the leaf': [
    when('replay', (f) => f.isParent && f.sameAttempt && f.answerIsYoung),
    'replay: never moves its window',
    'busy: the parent after C',
  ],
  'a replay lasts a millisecond longer': [
    when('replay', (f) => f.isParent && f.sameAttempt && f.now <= f.row.leafAt + f.call.graceMs),
    'keep: a leaf younger than',
    'replay: never moves its window',
    'reissue: not when the leaf',
    'reissue: the access token of',
    'reuse: a parent whose successor',
    'textbook mode: with no grace',
  ],
  'any old token is replayed': [
    when('replay', (f) => f.age !== 'current' && f.sameAttempt && f.leafIsYoung),
    'reuse: anything older than the',
    'reuse: an instance of the',
  ],
  'an answer under way is not waited for': [
    without('busy/2'),
    'replay: never moves its window',
    'replay: only of the attempt',
    'busy: the parent after C',
    'reissue: a lost answer is',
  ],
  'an answer under way is waited for without end': [
    when('busy/2', (f) => f.isParent && f.now < f.row.lastUsedAt + 9 * C),
    'keep: a leaf younger than',
    'busy: the parent after C',
    'reissue: not when the leaf',
    'reissue: ends when the leaf',
    'reissue: the access token of',
    'reuse: a parent whose successor',
    'textbook mode: with no grace',
  ],
  'a lost answer is never made good': [
    without('reissue'),
    'reissue: a lost answer is',
    'reissue: ends when the leaf',
    'reissue: the access token of',
  ],
  're-issue does not ask whether the leaf is in use': [
    when('reissue', (f) => f.isParent && f.mayReissue),
    'keep: a leaf younger than',
    'busy: the parent after C',
    'reissue: not when the leaf',
    'reuse: a parent whose successor',
  ],
  're-issue does not look at L': [
    when('reissue', (f) => f.isParent && f.row.confirmedAt === null),
    'reissue: ends when the leaf',
    'textbook mode: with no grace',
  ],
  're-issue looks at the attempt': [
    when('reissue', (f) => f.isParent && f.row.confirmedAt === null && f.mayReissue && f.sameAttempt),
    'reissue: a lost answer is',
  ],
  're-issue comes before an answer under way': [
    first('reissue', 'busy/2'),
    'replay: never moves its window',
    'replay: only of the attempt',
    'reissue: a lost answer is',
  ],

  'change: rotate leaves the leaf confirmed': [
    applied((row, verdict) => (verdict === 'rotate' ? { confirmedAt: row.confirmedAt } : {})),
    'rotate: the leaf becomes the',
  ],
  'change: rotate keeps the attempt': [
    applied((row, verdict) => (verdict === 'rotate' ? { attemptHash: row.attemptHash } : {})),
    'busy: a young leaf presented',
    'replay: only of the attempt',
  ],
  'change: rotate forgets the parent': [
    applied((_, verdict) => (verdict === 'rotate' ? { parentHash: null } : {})),
    'keep: a leaf younger than',
    'again: the very call repeated',
    'replay: inside C the parent',
    'replay: also when the leaf',
    'replay: only of the attempt',
    'replay: of any attempt, where',
    'reissue: a lost answer is',
    'reissue: not when the leaf',
    'reissue: ends when the leaf',
    'reissue: the access token of',
    'reuse: a parent whose successor',
    'reuse: anything older than the',
    'textbook mode: with no grace',
    'use, accept: a token of the parent',
  ],
  'change: the idle life slides past the absolute life': [
    applied((row, verdict, call, now) =>
      verdict === 'rotate' ? { idleExpiresAt: now + call.idleMs[(row.aal - 1) as 0] } : {},
    ),
    'rotate: the idle life slides',
  ],
  'change: the idle life is that of the lowest level': [
    applied((row, verdict, call, now) =>
      verdict === 'rotate' ? { idleExpiresAt: Math.min(now + call.idleMs[0], row.expiresAt) } : {},
    ),
    'rotate: the idle life slides',
  ],
  'change: keep confirms nothing': [
    applied((row, verdict) => (verdict === 'keep' ? { confirmedAt: row.confirmedAt } : {})),
    'keep: a leaf younger than',
  ],
  'change: keep counts as an answer': [
    applied((_row, verdict, _call, now) => (verdict === 'keep' ? { lastUsedAt: now } : {})),
    'keep: a leaf younger than',
    'keep: counts from the last',
    'keep: never moves the moment',
    'busy: a young leaf presented',
  ],
  'change: a replay gives birth to the leaf anew': [
    applied((_row, verdict, _call, now) => (verdict === 'replay' ? { leafAt: now } : {})),
    'replay: inside C the parent',
    'replay: never moves its window',
    'busy: the parent after C',
  ],
  'change: a replay does not count as an answer': [
    applied((row, verdict) => (verdict === 'replay' ? { lastUsedAt: row.lastUsedAt } : {})),
    'keep: counts from the last',
    'replay: inside C the parent',
    'replay: never moves its window',
    'busy: the parent after C',
  ],
  'change: re-issue begins a generation': [
    applied((row, verdict) => (verdict === 'reissue' ? { generation: row.generation + 1 } : {})),
    'reissue: a lost answer is',
    'use, displaced: another instance of the parent',
  ],
  'change: re-issue leaves the displaced leaf in force': [
    applied((row, verdict) => (verdict === 'reissue' ? { leaf: row.leaf } : {})),
    'reuse: an instance that a',
    'reissue: a lost answer is',
    'use, displaced: another instance of the leaf',
  ],
  'change: re-issue keeps the attempt': [
    applied((row, verdict) => (verdict === 'reissue' ? { attemptHash: row.attemptHash } : {})),
    'reissue: a lost answer is',
  ],
  'change: reuse revokes nothing': [
    applied((_, verdict) => (verdict === 'reuse' ? { revokedAt: null } : {})),
    'reuse: an instance that a',
    'reuse: a parent whose successor',
  ],
  'change: an idle session is not revoked': [
    applied((_, verdict) => (verdict === 'idle' ? { revokedAt: null } : {})),
    'idle: from the millisecond at',
  ],
  'change: sharing is never forgotten': [
    applied((row, verdict) => (verdict === 'rotate' ? { foreignReplay: row.foreignReplay } : {})),
    'rotate: counts the generations running',
  ],
  'change: any replay is foreign': [
    applied((_, verdict) => (verdict === 'replay' ? { foreignReplay: true } : {})),
    'rotate: counts the generations running',
  ],

  'use: the epoch is not looked at': [
    used((row, subject, call) => useVerdict(row, subject && { ...subject, authEpoch: call.userEpoch }, call)),
    'use, revoked: a token of',
  ],
  'use: a revoked session is used': [
    used((row, subject, call) => useVerdict(row && { ...row, revokedAt: null }, subject, call)),
    'use, revoked: a session that',
    'use, displaced: another instance of the leaf',
  ],
  'use: the subject is not looked at': [
    used((row, subject, call) => useVerdict(row, subject, { ...call, subject: row?.subject ?? '' })),
    'use, unknown: a session that',
  ],
  'use: the parent is displaced': [
    used((row, subject, call) =>
      useVerdict(row?.parentHash ? { ...row, parentHash: new Uint8Array(32) } : row, subject, call),
    ),
    'reissue: the access token of',
    'use, accept: a token of the parent',
  ],
  'use: what is displaced is merely old': [
    used((row, subject, call) => {
      const verdict = useVerdict(row, subject, call);
      return verdict === 'displaced' ? 'superseded' : verdict;
    }),
    'use, displaced: another instance of the leaf',
    'use, displaced: another instance of the parent',
  ],
  'use: what is old is displaced': [
    used((row, subject, call) => {
      const verdict = useVerdict(row, subject, call);
      return verdict === 'superseded' ? 'displaced' : verdict;
    }),
    'use, superseded: after a re-stamp',
    'use, superseded: two generations behind',
  ],
  'use: a token from the future is displaced': [
    used((row, subject, call) => {
      const verdict = useVerdict(row, subject, call);
      return verdict === 'ahead' ? 'displaced' : verdict;
    }),
    'use, ahead: a generation that',
  ],
};

const cases: readonly TableCase[] = [...stateTableCases, ...useVerbCases];

/** The names of the cases that a store of these rules does not pass. */
async function killers(rules: Partial<SessionRules>): Promise<readonly string[]> {
  const fails = async ({ name, run }: TableCase): Promise<readonly string[]> => {
    try {
      await run(rules);
      return [];
    } catch (error) {
      return error instanceof SceneNotReached ? [] : [name];
    }
  };
  return (await Promise.all(cases.map(fails))).flat();
}

describe('each rule is needed: a store without it fails the cases that are named for it, and no others', () => {
  for (const [mutant, [rules, ...expected]] of Object.entries(mutants))
    test(mutant, async () => {
      const names = expected.map((beginning) => cases.filter(({ name }) => name.startsWith(beginning)));
      expect(names.map(({ length }) => length)).toEqual(expected.map(() => 1));
      expect(await killers(rules)).toEqual(names.flat().map(({ name }) => name));
      expect(expected).not.toEqual([]);
    });
});
