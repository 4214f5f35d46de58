import { equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Act, play } from './histories.cases.ts';
import { HONEST_MS, type HonestTab, honestTabs } from './honest-tabs.cases.ts';
import type { SessionRules } from './memory-session-store.ts';
import { applied, table, used, when, without } from './mutated-rules.cases.ts';
import { refreshVerdict } from './refresh-verdict.ts';
import { C, IDLE, SceneNotReached, sessionScene, T0 } from './session-scene.cases.ts';
import { useVerdict } from './use-verdict.ts';

type Rules = Partial<SessionRules>;

/**
 * An invariant of docs/sessions.md that a store keeps, and rules without which it doesn't hold. (I8, no token without
 * a valid tag reaches the store, is kept before it.)
 */
interface Invariant {
  readonly holds: (rules?: Rules) => Promise<void>;
  readonly fails: Readonly<Record<string, Rules>>;
}

const nth = fc.nat(2);
/** Any history of a session. Waits are about as long as C, or nothing would be worth a word. */
const histories: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        ms: fc.constantFrom(1, C / 2, C / 2, C - 1, C, C, 2 * C, 5 * C),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('refresh' as const),
        nth,
        attempt: fc.constantFrom(undefined, undefined, undefined, 'a', 'b'),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('use' as const), nth }) },
  ),
  { maxLength: 40, size: 'max' },
);

const success = new Set(['rotate', 'keep', 'replay', 'reissue', 'again']);
/** A fault is looked for where it is known to show; that there is none, anew each time. */
const runs = (rules: Rules | undefined) => ({ numRuns: 600, endOnFailure: true, ...(rules && { seed: 1 }) });
const always =
  (rule: (history: readonly Act[], rules?: Rules) => Promise<void>): Invariant['holds'] =>
  (rules) =>
    fc.assert(
      fc.asyncProperty(histories, (history) => rule(history, rules)),
      runs(rules),
    );

const rounds: fc.Arbitrary<HonestTab> = fc.array(
  fc.record({
    pauseMs: fc.constantFrom(0, 1, 100, 4_000, C - 1, C, C + 1, 3 * C, 86_400_000),
    wayMs: fc.integer({ min: 0, max: HONEST_MS.way }),
    backMs: fc.integer({ min: 0, max: HONEST_MS.way }),
    lost: fc.constantFrom('nothing', 'nothing', 'request', 'answer'),
    uses: fc.boolean(),
    attempt: fc.constantFrom('of the tab', 'of the round', 'none'),
  }),
  { minLength: 1, maxLength: 12 },
);
const honest =
  (...tabs: readonly fc.Arbitrary<HonestTab>[]): Invariant['holds'] =>
  (rules) =>
    fc.assert(
      fc.asyncProperty(fc.tuple(...tabs), async (played) => {
        equal((await honestTabs(await sessionScene(rules), played)).join('\n'), '');
      }),
      runs(rules),
    );

const ended =
  (ending: 'logout' | 'everywhere' | 'disabled' | 'expired'): Invariant['holds'] =>
  (rules) =>
    fc.assert(
      fc.asyncProperty(histories, histories, async (before, after) => {
        const s = await sessionScene(rules);
        const at = await play(s, before, () => undefined);
        const call = { tenant: 't', id: 'alice', actor: null, audit: { id: 'end', origin: s.origin }, now: T0 + at };
        if (ending === 'logout') await s.revoke(at);
        if (ending === 'everywhere') await s.subjects.endAll(call);
        if (ending === 'disabled') await s.subjects.disable(call);
        if (ending === 'expired') s.alter({ expiresAt: T0 + at });
        const tell = ({ outcome }: { readonly outcome: string }): void => {
          ok(!success.has(outcome), outcome);
          if (ending !== 'expired') ok(outcome !== 'accept', outcome); // an access token ends by itself
        };
        await play(s, after, tell, at);
      }),
      runs(rules),
    );

const invariants: Readonly<Record<string, Invariant>> = {
  'I1: at most one of all tokens ever given out can rotate the session': {
    holds: always(async (history, rules) => {
      const s = await sessionScene(rules);
      const decide = rules?.decide ?? refreshVerdict;
      await play(s, history, ({ at }, tokens) => {
        const rotating = [...tokens].filter(([name]) => {
          const call = s.call(name, 'probe', { at });
          return decide(s.row(), s.subjects.get('t', 'alice'), call, T0 + at) === 'rotate';
        });
        ok(rotating.length <= 1, rotating.join());
      });
    }),
    fails: {
      'the parent rotates too': table((rules) =>
        rules.map((rule) => (rule.verdict === 'reissue' ? { ...rule, verdict: 'rotate' } : rule)),
      ),
      'a displaced instance rotates': when('rotate', ({ age }) => age === 'current'),
    },
  },
  'I1: every success for one token inside C holds the same value': {
    holds: always(async (history, rules) => {
      const s = await sessionScene(rules);
      const given = new Map<string, { readonly held: string | undefined; readonly at: number }>();
      await play(s, history, ({ token, outcome, held, at }) => {
        const before = given.get(token);
        if (outcome === 'keep') equal(held, token);
        else if (success.has(outcome)) {
          if (before && at < before.at + C) equal(held, before.held);
          else given.set(token, { held, at });
        }
      });
    }),
    fails: {
      'a replay is answered anew': table((rules) =>
        rules.map((rule) => (rule.verdict === 'replay' ? { ...rule, verdict: 'reissue' } : rule)),
      ),
    },
  },
  'I2: after logout no refresh succeeds and no access token is accepted': {
    holds: ended('logout'),
    fails: {
      'revocation is not looked at': without('revoked'),
      'nor at use': used((row, ...call) => useVerdict(row && { ...row, revokedAt: null }, ...call)),
    },
  },
  'I2: after log-out everywhere no refresh succeeds and no access token is accepted': {
    holds: ended('everywhere'),
    fails: {
      'the epoch is not looked at': without('revoked/2'),
      'nor at use': used((row, subject, call) =>
        useVerdict(row, subject && { ...subject, authEpoch: call.userEpoch }, call),
      ),
    },
  },
  'I2: after disabling no refresh succeeds and no access token is accepted': {
    holds: ended('disabled'),
    fails: { 'neither epoch nor disabling is looked at': without('revoked/2', 'user_disabled') },
  },
  'I2: after the absolute life no refresh succeeds': {
    holds: ended('expired'),
    fails: { 'it is not looked at': without('expired') },
  },
  'I2: after reuse was noticed nothing succeeds': {
    holds: always(async (history, rules) => {
      let noticed = false;
      await play(await sessionScene(rules), history, ({ outcome }) => {
        if (noticed) equal(outcome, 'revoked');
        if (outcome === 'reuse' || outcome === 'displaced') noticed = true;
      });
    }),
    fails: { 'reuse revokes nothing': applied((_, verdict) => (verdict === 'reuse' ? { revokedAt: null } : {})) },
  },
  'I3: a client that sends one refresh at a time is never logged out by loss, however late it retries': {
    holds: honest(rounds),
    fails: {
      'a lost answer is not made good': without('reissue'),
      'a re-issue must be of the same attempt': when(
        'reissue',
        (f) => f.isParent && f.row.confirmedAt === null && f.sameAttempt,
      ),
      'the parent confirms': used((row, subject, call) => {
        const verdict = useVerdict(row, subject, call);
        return verdict === 'accept' && row?.generation !== call.generation ? 'displaced' : verdict;
      }),
    },
  },
  'I4: tabs that share one jar are never logged out by concurrency': {
    holds: honest(rounds, rounds, rounds),
    fails: {
      'a parent inside C is reuse': without('replay', 'busy/2'),
      'a young leaf rotates': without('keep', 'busy'),
    },
  },
  'I5: two different instances of one generation are never both used': {
    holds: always(async (history, rules) => {
      const inUse = new Map<number, string>();
      await play(await sessionScene(rules), history, ({ token, generation, outcome }) => {
        if (outcome !== 'accept') return;
        equal(token, inUse.get(generation) ?? token);
        inUse.set(generation, token);
      });
    }),
    fails: {
      'a displaced instance is used': used((...call) => {
        const verdict = useVerdict(...call);
        return verdict === 'displaced' ? 'accept' : verdict;
      }),
    },
  },
  'I6: after C an old token works only if nobody has used anything newer': {
    holds: always(async (history, rules) => {
      let newest = 0;
      await play(await sessionScene(rules), history, ({ generation, outcome, at, leafAt }) => {
        if ((outcome === 'reissue' || outcome === 'replay') && at >= leafAt + C) ok(newest <= generation);
        if (outcome === 'accept' || outcome === 'keep' || outcome === 'rotate') newest = Math.max(newest, generation);
      });
    }),
    fails: {
      'a re-issue does not ask': when('reissue', ({ isParent }) => isParent),
      'a replay moves its window': when('replay', (f) => f.isParent && f.sameAttempt && f.answerIsYoung),
      'keep confirms nothing': applied((row, verdict) => (verdict === 'keep' ? { confirmedAt: row.confirmedAt } : {})),
    },
  },
  'I7: a thief outside 2 C who uses what he got is noticed at the victim’s next refresh': {
    async holds(rules) {
      const s = await sessionScene(rules);
      await s.given('R0', 'R1', 'rotate');
      await s.given('R1', 'thief', 'rotate', { at: 3 * C });
      equal(await s.use('thief', { at: 3 * C }), 'accept');
      equal(await s.step('R1', 'R2', { at: 5 * C }), 'reuse');
      equal(await s.use('thief', { at: 5 * C }), 'revoked');
    },
    fails: { 'a re-issue does not ask': when('reissue', ({ isParent }) => isParent) },
  },
  'I7: what a thief only keeps is displaced at the victim’s next refresh, and showing it ends the session': {
    async holds(rules) {
      for (const half of ['access', 'refresh']) {
        const s = await sessionScene(rules);
        await s.given('R0', 'thief', 'rotate');
        equal(await s.step('R0', 'R1', { at: 2 * C }), 'reissue');
        const shown = half === 'access' ? s.use('thief', { at: 3 * C }) : s.step('thief', 'x', { at: 3 * C });
        equal(await shown, half === 'access' ? 'displaced' : 'reuse');
        equal(await s.step('R1', 'R2', { at: IDLE[0] }), 'revoked');
      }
    },
    fails: {
      'the successor stays the same for ever': when('replay', (f) => f.isParent && f.sameAttempt),
      'a displaced access token is merely old': used((...call) => {
        const verdict = useVerdict(...call);
        return verdict === 'displaced' ? 'superseded' : verdict;
      }),
    },
  },
};

describe.each(Object.entries(invariants))('%s', (_, { holds, fails }) => {
  test('holds in every history', () => holds());

  test.each(Object.entries(fails))('and no longer where %s', async (_fault, rules) => {
    await expect(holds(rules)).rejects.toThrow();
    await expect(holds(rules)).rejects.not.toBeInstanceOf(SceneNotReached);
  });
});
