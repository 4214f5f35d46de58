import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { refreshProblem } from './session-problems.ts';
import {
  C,
  DAY,
  ELSEWHERE,
  HOME,
  MINUTE,
  principalFor,
  type SessionProcess,
  type SessionWorld,
  sessionWorld,
  tokensOf,
} from './session-world.cases.ts';
import type { IssuedTokens, RefreshAnswer } from './sessions.ts';

let world: SessionWorld;
let app: SessionProcess;
let first: IssuedTokens;

beforeEach(async () => {
  world = await sessionWorld();
  app = world.process();
  first = await app.start();
});

/** What the wire says of an answer: a status, and the problem's code where it is one. */
function said(answer: RefreshAnswer): string {
  return answer.answer === 'tokens' ? `200 ${answer.outcome}` : refreshProblem(answer).code;
}
const refreshed = async (token: IssuedTokens): Promise<IssuedTokens> => tokensOf(await app.refresh(token.refreshToken));

describe('each row of the state table', () => {
  test('malformed: invalid_grant, and no store is asked', async () => {
    const before = app.calls();
    expect(said(await app.refresh('cst_rt_nonsense'))).toBe('invalid_grant');
    expect(app.calls()).toBe(before);
  });

  test('unknown: a token of another tenant or transport is refused and changes nothing', async () => {
    const row = world.store.row(first.session.sessionId);
    expect(said(await app.refresh(first.refreshToken, { tenant: 't2' }))).toBe('invalid_grant');
    expect(said(await app.refresh(first.refreshToken, { transport: 'cookie' }))).toBe('invalid_grant');
    expect(world.store.row(first.session.sessionId)).toEqual(row);
    expect(said(await app.refresh(first.refreshToken))).toBe('200 rotate');
  });

  test('deadline: a request that has waited its 4 seconds is busy, without a word to the store', async () => {
    const before = app.calls();
    const late = await app.refresh(first.refreshToken, { arrivedAt: world.now() - 4_000 });
    expect(late).toEqual({ answer: 'later', outcome: 'deadline', retryAfterSeconds: 1 });
    expect(said(late)).toBe('busy');
    expect(app.calls()).toBe(before);
    expect(said(await app.refresh(first.refreshToken, { arrivedAt: world.now() - 3_999 }))).toBe('200 rotate');
  });

  test('revoked', async () => {
    const { sessionId } = first.session;
    await app.sessions.revoke({ principal: principalFor(first), origin: HOME, sessionId });
    expect(await app.refresh(first.refreshToken)).toEqual({ answer: 'refused', outcome: 'revoked' });
    expect(said(await app.refresh(first.refreshToken))).toBe('invalid_grant');
  });

  test('revoked by an epoch', async () => {
    await app.sessions.logoutAll({ principal: principalFor(first), origin: HOME });
    expect(await app.refresh(first.refreshToken)).toEqual({ answer: 'refused', outcome: 'revoked' });
  });

  test('user_disabled', async () => {
    const subject = world.subjectStore.get('', 'alice');
    if (!subject) throw new Error('no alice');
    world.subjectStore.write({ ...subject, disabledAt: world.now() });
    expect(await app.refresh(first.refreshToken)).toEqual({ answer: 'refused', outcome: 'user_disabled' });
    expect(said(await app.refresh(first.refreshToken))).toBe('invalid_grant');
  });

  test.each([
    ['idle', 14 * DAY],
    ['expired', 30 * DAY],
  ])('%s: session_expired, told as an event', async (outcome, after) => {
    let held = first;
    for (let day = 7; day * DAY < after - 14 * DAY + 1; day += 7) {
      world.pass(7 * DAY);
      held = await refreshed(held);
    }
    world.pass(after - (world.now() - first.session.now));
    const answer = await app.refresh(held.refreshToken);
    expect(answer).toEqual({ answer: 'refused', outcome, current: true });
    expect(said(answer)).toBe('session_expired');
    expect(app.told()).toContain('session.expired');
  });

  test('a spent token of a session that is over is no more than invalid_grant', async () => {
    await refreshed(first);
    world.pass(30 * DAY);
    const answer = await app.refresh(first.refreshToken);
    expect(answer).toMatchObject({ answer: 'refused', current: false });
    expect(said(answer)).toBe('invalid_grant');
  });

  test('pop_mismatch: a session bound to a key refuses who shows none', async () => {
    world.store.alter(first.session.sessionId, { popJkt: 'thumbprint' });
    expect(await app.refresh(first.refreshToken)).toEqual({ answer: 'refused', outcome: 'pop_mismatch' });
  });

  test('ahead: refused, told, nothing revoked', async () => {
    const row = world.store.row(first.session.sessionId);
    if (!row) throw new Error('no row');
    const second = await refreshed(first);
    world.store.alter(first.session.sessionId, row); // restored from a backup
    expect(await app.refresh(second.refreshToken)).toEqual({ answer: 'refused', outcome: 'ahead' });
    expect(app.told()).toContain('session.ahead');
    expect(world.store.row(first.session.sessionId)?.revokedAt).toBeNull();
  });

  test('keep: a young leaf comes back as it was sent, with a fresh access token', async () => {
    const second = await refreshed(first);
    world.pass(C - 1);
    const answer = await app.refresh(second.refreshToken);
    const kept = tokensOf(answer);
    expect(said(answer)).toBe('200 keep');
    expect(kept.refreshToken).toBe(second.refreshToken);
    expect(kept.accessToken).not.toBe(second.accessToken);
    expect(app.told()).toContain('session.kept');
  });

  test('a leaf is kept for C and rotated after it', async () => {
    const second = await refreshed(first);
    world.pass(C);
    expect(said(await app.refresh(second.refreshToken))).toBe('200 rotate');
  });

  test('a young leaf under another attempt key is busy', async () => {
    const second = tokensOf(await app.refresh(first.refreshToken, { attempt: 'attempt-number-one' }));
    const answer = await app.refresh(second.refreshToken, { attempt: 'attempt-number-two' });
    expect(answer).toEqual({ answer: 'later', outcome: 'busy', retryAfterSeconds: 3 });
    expect(refreshProblem(answer as never).headers).toEqual({ 'retry-after': '3' });
  });

  test('rotate: a new pair, and the first token of a session is never kept', async () => {
    const second = await refreshed(first);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.session.generation).toBe(1);
    expect(app.told()).toEqual(['session.started', 'session.rotated']);
  });

  test('replay: inside C the parent gets the same successor and a fresh access token', async () => {
    const second = await refreshed(first);
    world.pass(C - 1);
    const answer = await app.refresh(first.refreshToken);
    expect(said(answer)).toBe('200 replay');
    expect(tokensOf(answer).refreshToken).toBe(second.refreshToken);
    expect(tokensOf(answer).accessToken).not.toBe(second.accessToken);
    expect(await app.present(tokensOf(answer).accessToken)).toBe('ok');
  });

  test('replay: only the attempt that made the leaf gets it; another one is busy', async () => {
    const second = tokensOf(await app.refresh(first.refreshToken, { attempt: 'attempt-number-one' }));
    expect(said(await app.refresh(first.refreshToken, { attempt: 'attempt-number-two' }))).toBe('busy');
    expect(said(await app.refresh(first.refreshToken))).toBe('busy');
    const again = await app.refresh(first.refreshToken, { attempt: 'attempt-number-one' });
    expect(tokensOf(again).refreshToken).toBe(second.refreshToken);
  });

  test('a replay never moves the window of the leaf; what it answered may be under way for another C', async () => {
    await refreshed(first);
    world.pass(C - 1);
    await app.refresh(first.refreshToken);
    world.pass(1);
    expect(said(await app.refresh(first.refreshToken))).toBe('busy');
    world.pass(C - 2);
    expect(said(await app.refresh(first.refreshToken))).toBe('busy');
    world.pass(1);
    expect(said(await app.refresh(first.refreshToken))).toBe('200 reissue');
  });

  test('reissue: an answer that nobody used is replaced, however late', async () => {
    const second = await refreshed(first);
    world.pass(13 * DAY);
    const answer = await app.refresh(first.refreshToken);
    expect(said(answer)).toBe('200 reissue');
    const fresh = tokensOf(answer);
    expect(fresh.refreshToken).not.toBe(second.refreshToken);
    expect(fresh.session.generation).toBe(1);
    expect(app.told()).toContain('session.reissued');
    world.pass(C);
    expect(said(await app.refresh(fresh.refreshToken))).toBe('200 rotate');
  });

  test('reuse of a displaced leaf ends the session', async () => {
    const second = await refreshed(first);
    world.pass(C);
    const fresh = tokensOf(await app.refresh(first.refreshToken));
    expect(said(await app.refresh(second.refreshToken))).toBe('invalid_grant');
    expect(said(await app.refresh(fresh.refreshToken))).toBe('invalid_grant');
    expect(app.told()).toContain('session.reuse_detected');
  });

  test('reuse of a parent whose leaf was used ends the session, in this process at once', async () => {
    const second = await refreshed(first);
    expect(await app.present(second.accessToken)).toBe('ok');
    world.pass(C);
    expect(await app.refresh(first.refreshToken)).toEqual({ answer: 'refused', outcome: 'reuse' });
    expect(await app.present(second.accessToken)).toBe('invalid_token');
    expect(said(await app.refresh(second.refreshToken))).toBe('invalid_grant');
    expect(await world.trail()).toContain('session.reuse_detected');
  });

  test('superseded: tokens from before a password change are refused with token_superseded, nothing is revoked', async () => {
    const { sessionId } = first.session;
    const prepared = app.sessions.prepareRestamp(sessionId);
    const subject = world.subjectStore.get('', 'alice');
    if (!subject) throw new Error('no alice');
    world.subjectStore.write({ ...subject, authEpoch: 1 });
    const restamped = world.store.restamp({ tenant: '', sessionId, now: world.now(), ...prepared });
    if (!restamped) throw new Error('not re-stamped');
    const changed = await prepared.issue(restamped);
    const answer = await app.refresh(first.refreshToken);
    expect(said(answer)).toBe('token_superseded');
    expect(refreshProblem(answer as never).headers).toEqual({ 'www-authenticate': 'Bearer error="invalid_token"' });
    expect(await app.present(first.accessToken)).toBe('invalid_token'); // of the epoch before
    expect(await app.present(changed.accessToken)).toBe('ok');
    world.pass(C);
    const next = await app.refresh(changed.refreshToken);
    expect(said(next)).toBe('200 rotate');
    expect(said(await app.refresh(changed.refreshToken))).toBe('200 replay');
    expect(tokensOf(await app.refresh(changed.refreshToken)).refreshToken).toBe(tokensOf(next).refreshToken);
  });

  test('again: the same call, repeated by the store after a lost COMMIT, gets the tokens of the first', async () => {
    world.between = async (_verb, call) => {
      await call(); // committed, the answer is lost
      return call();
    };
    const answer = await app.refresh(first.refreshToken);
    world.between = undefined;
    expect(said(answer)).toBe('200 again');
    world.pass(C);
    expect(said(await app.refresh(tokensOf(answer).refreshToken))).toBe('200 rotate');
  });
});

describe('invariants', () => {
  test('I1: of 20 racers with one token all get the same successor', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.refresh(first.refreshToken)));
    expect(new Set(answers.map((answer) => tokensOf(answer).refreshToken)).size).toBe(1);
    expect(answers.filter((answer) => answer.outcome === 'rotate')).toHaveLength(1);
  });

  test('I3: a client that loses every other answer and retries whenever it likes is never logged out', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 5_000, max: 6 * DAY })), { maxLength: 12 }),
        async (steps) => {
          let held = await app.start();
          for (const [lost, pause] of steps) {
            world.pass(pause);
            if (world.now() >= held.session.expiresAt - 1_000) return;
            const answer = await app.refresh(held.refreshToken);
            if (answer.answer === 'later') continue; // retries later
            const tokens = tokensOf(answer);
            if (!lost) held = tokens;
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('I4: two tabs of one jar are never logged out by requests that cross, nor by answers that are lost', async () => {
    const step = fc.record({
      pauseMs: fc.oneof(fc.nat({ max: 12_000 }), fc.nat({ max: DAY })),
      /** How long ago the token was read out of the jar: a request is carried out that soon after it was sent, or never. */
      delayMs: fc.nat({ max: 4_999 }),
      lost: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const start = await app.start();
        const jar = [{ since: world.now(), token: start.refreshToken }];
        for (const { pauseMs, delayMs, lost } of steps) {
          world.pass(pauseMs);
          const sent = jar.findLast(({ since }) => since <= world.now() - delayMs)?.token ?? start.refreshToken;
          const answer = await app.refresh(sent);
          if (answer.answer === 'later') continue;
          const { refreshToken } = tokensOf(answer); // anything else is a log-out
          if (!lost && refreshToken !== sent) jar.push({ since: world.now(), token: refreshToken });
        }
      }),
      { numRuns: 300 },
    );
  });

  test('I5: of two instances of one generation the second that is used ends the session', async () => {
    const lost = await refreshed(first);
    world.pass(C);
    const fresh = tokensOf(await app.refresh(first.refreshToken));
    expect(await app.present(fresh.accessToken)).toBe('ok');
    expect(await app.present(lost.accessToken)).toBe('invalid_token');
    expect(app.told()).toContain('session.reuse_detected');
    expect(await app.present(fresh.accessToken)).toBe('invalid_token');
  });

  test('I6: after C an old token works only while nobody has used anything newer', async () => {
    const second = await refreshed(first);
    await app.present(second.accessToken);
    world.pass(C);
    expect(said(await app.refresh(first.refreshToken))).toBe('invalid_grant');
  });

  test('I7: a thief who refreshes a stolen token is noticed at the next refresh of the one he robbed', async () => {
    world.pass(20 * MINUTE);
    const stolen = first.refreshToken;
    const loot = tokensOf(await app.refresh(stolen, { origin: ELSEWHERE }));
    expect(await app.present(loot.accessToken)).toBe('ok');
    world.pass(2 * C);
    expect(said(await app.refresh(first.refreshToken))).toBe('invalid_grant');
    expect(await app.present(loot.accessToken)).toBe('invalid_token');
    expect(said(await app.refresh(loot.refreshToken))).toBe('invalid_grant');
  });

  test('I8: no altered token reaches the store', async () => {
    const before = app.calls();
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: first.refreshToken.length - 1 }),
        fc.string({ minLength: 1, maxLength: 1 }),
        async (at, char) => {
          fc.pre(char !== first.refreshToken[at]);
          const altered = first.refreshToken.slice(0, at) + char + first.refreshToken.slice(at + 1);
          expect(await app.refresh(altered)).toEqual({ answer: 'refused', outcome: 'malformed' });
        },
      ),
      { numRuns: 300 },
    );
    expect(app.calls()).toBe(before);
    expect(said(await app.refresh(first.refreshToken))).toBe('200 rotate');
  });
});

describe('beside the table', () => {
  test('a request whose client has gone, or that was read after a stall, spends nothing', async () => {
    const stalled = world.process({ stalled: () => true });
    const [gone, held] = [
      await app.refresh(first.refreshToken, { gone: () => true }),
      await stalled.refresh(first.refreshToken),
    ];
    expect([gone.outcome, held.outcome]).toEqual(['gone', 'stalled']);
    expect([said(gone), said(held)]).toEqual(['busy', 'busy']);
    expect(stalled.calls()).toBe(0);
    expect(world.store.row(first.session.sessionId)?.generation).toBe(0);
  });

  test('a store that is away is thrown on, and the same token works when it is back', async () => {
    world.away = true;
    await expect(app.refresh(first.refreshToken)).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    world.away = false;
    expect(said(await app.refresh(first.refreshToken))).toBe('200 rotate');
  });

  test('the textbook mode has no keep, replay, busy or reissue', async () => {
    const textbook = world.process({ settings: { grace: 0, reissue: false } });
    const second = tokensOf(await textbook.refresh(first.refreshToken));
    const third = await textbook.refresh(second.refreshToken);
    expect(said(third)).toBe('200 rotate');
    expect(said(await textbook.refresh(second.refreshToken))).toBe('invalid_grant');
    expect(said(await textbook.refresh(tokensOf(third).refreshToken))).toBe('invalid_grant');
  });

  test('a pepper changes in two deployments and nobody is logged out', async () => {
    const [old, fresh] = [
      '1:QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE',
      '2:QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI',
    ];
    const before = world.process({ peppers: old });
    const between = world.process({ peppers: `${old},${fresh}` });
    const after = world.process({ peppers: `${fresh},${old}` });
    const settled = world.process({ peppers: fresh });
    const start = await before.start();
    const second = tokensOf(await between.refresh(start.refreshToken));
    world.pass(C);
    const third = tokensOf(await after.refresh(second.refreshToken, { attempt: 'attempt-number-one' })); // re-keyed
    // a process of the deployment before re-derives what one of this deployment chose
    const replayed = await between.refresh(second.refreshToken, { attempt: 'attempt-number-one' });
    expect(tokensOf(replayed).refreshToken).toBe(third.refreshToken);
    world.pass(C);
    expect(said(await settled.refresh(third.refreshToken))).toBe('200 rotate');
    expect(said(await settled.refresh(second.refreshToken))).toBe('invalid_grant'); // of the dropped pepper: malformed
  });

  test('replays from elsewhere in three generations running are told as suspected sharing', async () => {
    let held = first;
    for (let generation = 1; generation <= 4; generation++) {
      expect(app.told()).not.toContain('session.sharing_suspected');
      const sent = held.refreshToken;
      held = tokensOf(await app.refresh(sent));
      await app.refresh(sent, { origin: ELSEWHERE });
      world.pass(2 * C);
    }
    const told = app.facts.filter(({ name }) => name === 'session.sharing_suspected');
    expect(told).toMatchObject([{ fact: { generations: 3, subject: 'alice' } }]);
  });

  test('ordinary refreshes write no audit row where the app does not want them', async () => {
    const quiet = world.process({ auditRefreshes: false });
    await quiet.refresh(first.refreshToken);
    expect(await world.trail()).not.toContain('user.refresh');
    await app.refresh('cst_rt_nonsense');
    expect(await world.trail()).not.toContain('user.refresh');
  });

  test('no token, secret or attempt key is in what the listeners are told', async () => {
    const attempt = 'attempt-number-one';
    const second = tokensOf(await app.refresh(first.refreshToken, { attempt }));
    await app.refresh(first.refreshToken, { attempt });
    const told = JSON.stringify(app.facts);
    for (const secret of [first.refreshToken, second.refreshToken, second.accessToken, attempt])
      expect(told).not.toContain(secret);
  });

  test('in the last second of a session nothing is issued any more', async () => {
    world.store.alter(first.session.sessionId, { expiresAt: world.now() + 999 });
    await expect(app.refresh(first.refreshToken)).rejects.toMatchObject({ code: 'session_expired' });
  });
});
