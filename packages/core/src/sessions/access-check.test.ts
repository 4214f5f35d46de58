import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  C,
  HOME,
  MINUTE,
  principalFor,
  type SessionProcess,
  type SessionWorld,
  sessionWorld,
  tokensOf,
} from './session-world.cases.ts';
import type { IssuedTokens } from './sessions.ts';

let world: SessionWorld;
let app: SessionProcess;
let first: IssuedTokens;

beforeEach(async () => {
  world = await sessionWorld();
  app = world.process();
  await app.poll();
  first = await app.start();
});

const nothing = { tenant: '', strict: false, origin: () => HOME };
const restored = (row: ReturnType<SessionWorld['store']['row']>): void => {
  if (row) world.store.alter(row.id, row);
};

describe('access check', () => {
  test('the first sight of a token asks the store, the next ones nobody', async () => {
    await app.present(first.accessToken);
    const calls = app.calls();
    const principal = app.check(first.accessToken, nothing);
    expect(principal).not.toBeInstanceOf(Promise);
    expect(principal).toMatchObject({ subject: 'alice', tenant: '', sessionId: first.session.sessionId, tier: 'free' });
    expect(app.calls()).toBe(calls);
  });

  test('two tokens in one text are none, also when each of them is in the memo', async () => {
    const second = await app.start();
    for (const { accessToken } of [first, second]) expect(await app.present(accessToken)).toBe('ok');
    for (const between of [' ', ',', ', Bearer '])
      expect(await app.present(first.accessToken + between + second.accessToken)).toBe('invalid_token');
  });

  test('concurrent first sights of one token join in one call', async () => {
    const seen = await Promise.all(Array.from({ length: 20 }, () => app.present(first.accessToken)));
    expect(seen).toEqual(Array.from({ length: 20 }, () => 'ok'));
    expect(app.uses()).toBe(1);
  });

  test('a failed first sight is not remembered: the token works when the store is back', async () => {
    world.away = true;
    expect(await app.present(first.accessToken)).toBe('unavailable');
    world.away = false;
    expect(await app.present(first.accessToken)).toBe('ok');
  });

  test('the first use confirms the leaf', async () => {
    const second = tokensOf(await app.refresh(first.refreshToken));
    expect(world.store.row(first.session.sessionId)?.confirmedAt).toBeNull();
    await app.present(second.accessToken);
    expect(world.store.row(first.session.sessionId)?.confirmedAt).toBe(world.now());
  });

  test("with confirm: 'refresh' the store is not told of uses", async () => {
    const offline = world.process({ settings: { confirm: 'refresh' } });
    await offline.poll();
    expect(await offline.present(first.accessToken)).toBe('ok');
    expect(offline.uses()).toBe(0);
  });

  test('the access token of the parent stays good; that of an older generation is superseded', async () => {
    const second = tokensOf(await app.refresh(first.refreshToken));
    const other = world.process();
    expect(await other.present(first.accessToken)).toBe('ok');
    world.pass(C);
    await app.refresh(second.refreshToken);
    expect(await world.process().present(first.accessToken)).toBe('token_superseded');
  });

  test('a token of a displaced instance ends the session: locally at once, and it is told', async () => {
    const lost = tokensOf(await app.refresh(first.refreshToken));
    world.pass(C);
    const fresh = tokensOf(await app.refresh(first.refreshToken));
    await app.present(fresh.accessToken);
    expect(await app.present(lost.accessToken)).toBe('invalid_token');
    expect(app.facts.at(-1)).toMatchObject({
      name: 'session.reuse_detected',
      fact: { by: 'access_token', sessionId: first.session.sessionId },
    });
    const calls = app.calls();
    expect(await app.present(fresh.accessToken)).toBe('invalid_token');
    expect(app.calls()).toBe(calls);
  });

  test('ahead of a restored store: refused and told, nothing revoked', async () => {
    const row = world.store.row(first.session.sessionId);
    const second = tokensOf(await app.refresh(first.refreshToken));
    restored(row);
    expect(await app.present(second.accessToken)).toBe('invalid_token');
    expect(app.told()).toContain('session.ahead');
    expect(world.store.row(first.session.sessionId)?.revokedAt).toBeNull();
  });

  test('a token of another tenant is refused, also when it is in the memo', async () => {
    expect(await app.present(first.accessToken, { tenant: 't2' })).toBe('invalid_token');
    expect(await app.present(first.accessToken)).toBe('ok');
    expect(await app.present(first.accessToken, { tenant: 't2' })).toBe('invalid_token');
  });

  test('expired: token_expired, from the memo and without it, by the clock of the store', async () => {
    await app.present(first.accessToken);
    world.pass(first.expiresInSeconds * 1_000 - 1);
    expect(await app.present(first.accessToken)).not.toBe('token_expired');
    world.pass(2);
    expect(await app.present(first.accessToken)).toBe('token_expired');
    expect(await world.process().present(first.accessToken)).toBe('token_expired');
  });

  test('a process whose clock is an hour off gives the same verdicts once it has heard the store', async () => {
    for (const skewMs of [-60 * MINUTE, 60 * MINUTE]) {
      const off = world.process({ skewMs });
      await off.poll();
      const tokens = await off.start();
      expect(await off.present(tokens.accessToken)).toBe('ok');
      expect(await app.present(tokens.accessToken)).toBe('ok');
      expect(await off.present(first.accessToken)).toBe('ok');
      await off.sessions.logout({ tenant: '', transport: 'bearer', refreshToken: tokens.refreshToken, origin: HOME });
      expect(await off.present(tokens.accessToken)).toBe('invalid_token');
    }
  });

  test('the first verb already tells a process the clock of the store', async () => {
    const off = world.process({ skewMs: -60 * MINUTE });
    expect(await off.present((await off.start()).accessToken)).toBe('ok');
  });

  test('no altered or foreign token reaches the store or enters the memo', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: first.accessToken.length - 1 }),
        fc.constantFrom('A', 'Q', 'g', 'w', 'Z', '_', '-', '.', '=', ' '),
        async (at, char) => {
          fc.pre(char !== first.accessToken[at]);
          const altered = first.accessToken.slice(0, at) + char + first.accessToken.slice(at + 1);
          expect(await app.present(altered)).toBe('invalid_token');
        },
      ),
      { numRuns: 300 },
    );
    expect(app.uses()).toBe(0);
  });

  test('a tier change makes tokens stale here at once, and a refresh brings the new tier', async () => {
    await app.present(first.accessToken);
    await app.subjects.setTier('alice', 'pro');
    expect(await app.present(first.accessToken)).toBe('token_stale');
    expect(await world.process().present(first.accessToken)).toBe('token_stale'); // told by the use verb
    const second = tokensOf(await app.refresh(first.refreshToken));
    expect(await app.check(second.accessToken, nothing)).toMatchObject({ tier: 'pro' });
  });
});

describe('I2: nothing is accepted later than maxStaleness after it ended', () => {
  const endings: Record<string, (by: SessionProcess, tokens: IssuedTokens) => Promise<unknown>> = {
    'log-out': (by, { refreshToken }) =>
      by.sessions.logout({ tenant: '', transport: 'bearer', refreshToken, origin: HOME }),
    'log-out everywhere': (by, tokens) => by.sessions.logoutAll({ principal: principalFor(tokens), origin: HOME }),
    'a revoked session': async (by, tokens) =>
      by.sessions.revoke({
        principal: principalFor(await by.start()),
        origin: HOME,
        sessionId: tokens.session.sessionId,
      }),
    'revoke-others': async (by) =>
      by.sessions.revokeOthers({ principal: principalFor(await by.start()), origin: HOME }),
    'a disabled subject': (by) => by.subjects.disable('alice'),
    'a detected reuse': async (by, { refreshToken }) => {
      const second = tokensOf(await by.refresh(refreshToken));
      await by.present(second.accessToken);
      world.pass(C);
      await by.refresh(refreshToken);
    },
  };

  test.each(Object.keys(endings))('%s: dead here at once, elsewhere with the next poll', async (name) => {
    const other = world.process();
    for (const process of [app, other]) {
      await process.poll();
      expect(await process.present(first.accessToken)).toBe('ok');
    }
    await endings[name]?.(app, first);
    const calls = app.calls();
    expect(await app.present(first.accessToken)).toBe('invalid_token');
    expect(app.calls()).toBe(calls);
    await other.poll();
    expect(await other.present(first.accessToken)).toBe('invalid_token');
    const refused = await other.refresh(first.refreshToken);
    expect(refused.answer).toBe('refused');
  });

  test.each(Object.keys(endings))('%s: dead elsewhere after maxStaleness, though the feed is silent', async (name) => {
    const other = world.process();
    await other.poll();
    expect(await other.present(first.accessToken)).toBe('ok');
    await endings[name]?.(app, first);
    world.pass(2_001);
    expect(await other.present(first.accessToken)).toBe('invalid_token');
  });

  test.each(Object.keys(endings))('%s: a strict policy refuses at once everywhere', async (name) => {
    const other = world.process();
    await other.poll();
    expect(await other.present(first.accessToken)).toBe('ok');
    await endings[name]?.(app, first);
    expect(await other.present(first.accessToken, { strict: true })).toBe('invalid_token');
  });

  test('with old knowledge and the store away a good token is 503, never accepted and never 401', async () => {
    await app.present(first.accessToken);
    world.pass(2_001);
    world.away = true;
    expect(await app.present(first.accessToken)).toBe('unavailable');
    world.away = false;
    expect(await app.present(first.accessToken)).toBe('ok');
  });

  test('with fresh knowledge a token of the memo is good though the store is away; a strict policy says 503', async () => {
    await app.present(first.accessToken);
    world.away = true;
    expect(await app.present(first.accessToken)).toBe('ok');
    expect(await app.present(first.accessToken, { strict: true })).toBe('unavailable');
  });

  test('what this process knows to be dead is refused without the store, however old its knowledge', async () => {
    await app.present(first.accessToken);
    await app.sessions.logoutAll({ principal: principalFor(first), origin: HOME });
    world.pass(10_000);
    world.away = true;
    expect(await app.present(first.accessToken)).toBe('invalid_token');
  });

  test('a token never seen before, of a session known to be dead, is refused without the store', async () => {
    await app.sessions.logoutAll({ principal: principalFor(first), origin: HOME });
    world.away = true;
    expect(await app.present(first.accessToken)).toBe('invalid_token');
  });

  test('a strict policy sees a subject that the app disabled in the table, and claims that are old', async () => {
    const other = world.process();
    await other.poll();
    await other.present(first.accessToken);
    await app.subjects.setTier('alice', 'pro');
    expect(await other.present(first.accessToken)).toBe('ok'); // the feed has not told yet
    expect(await other.present(first.accessToken, { strict: true })).toBe('token_stale');
    const second = tokensOf(await other.refresh(first.refreshToken));
    await other.present(second.accessToken);
    const subject = world.subjectStore.get('', 'alice');
    if (!subject) throw new Error('no alice');
    world.subjectStore.write({ ...subject, disabledAt: world.now() });
    expect(await other.present(second.accessToken)).toBe('ok');
    expect(await other.present(second.accessToken, { strict: true })).toBe('invalid_token');
  });

  test("a strict policy asks at first sight too where, with confirm: 'refresh', no use verb does", async () => {
    const offline = world.process({ settings: { confirm: 'refresh' } });
    await offline.poll();
    await app.sessions.logoutAll({ principal: principalFor(first), origin: HOME });
    expect(await offline.present(first.accessToken, { strict: true })).toBe('invalid_token');
  });

  test('a strict request that joins another one is asked about anew', async () => {
    const process = world.process();
    await process.poll();
    let decided: () => void = () => undefined;
    let release: () => void = () => undefined;
    const isDecided = new Promise<void>((resolve) => {
      decided = resolve;
    });
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    world.between = async (verb, call) => {
      const answer = await call();
      if (verb !== 'use') return answer;
      decided();
      await held; // the answer is on its way
      return answer;
    };
    const loose = process.present(first.accessToken);
    await isDecided;
    await app.sessions.logoutAll({ principal: principalFor(first), origin: HOME });
    const strict = process.present(first.accessToken, { strict: true });
    release();
    world.between = undefined;
    expect(await strict).toBe('invalid_token');
    expect(await loose).toBe('ok'); // younger than maxStaleness
  });

  test('a first sight that was decided before this process ended the session is refused when it comes back', async () => {
    world.between = async (verb, call) => {
      const answer = await call();
      if (verb === 'use') await app.sessions.logoutAll({ principal: principalFor(first), origin: HOME });
      return answer;
    };
    expect(await app.present(first.accessToken)).toBe('invalid_token');
  });
});

describe('the strict check', () => {
  let asked: number;
  /** Lets the checks that were asked so far come back. */
  let answer: () => void;

  beforeEach(async () => {
    await app.present(first.accessToken);
    asked = 0;
    let waiting: (() => void)[] = [];
    answer = () => {
      for (const go of waiting) go();
      waiting = [];
    };
    world.between = async (verb, call) => {
      const truth = await call(); // the store reads at once; its answer is under way
      if (verb !== 'check') return truth;
      asked++;
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
      return truth;
    };
  });
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const present = (count: number, change = {}) =>
    Promise.all(Array.from({ length: count }, () => app.present(first.accessToken, change)));

  test('with old knowledge a crowd that shows one token asks once', async () => {
    world.pass(2_001);
    const crowd = present(200);
    await turn();
    expect(asked).toBe(1);
    answer();
    expect(new Set(await crowd)).toEqual(new Set(['ok']));
    const again = present(1);
    await turn();
    expect(asked).toBe(2);
    answer();
    expect(await again).toEqual(['ok']);
  });

  test('two tokens are two questions', async () => {
    const other = await app.start();
    await app.present(other.accessToken);
    world.pass(2_001);
    const both = Promise.all([app.present(first.accessToken), app.present(other.accessToken)]);
    await turn();
    expect(asked).toBe(2);
    answer();
    expect(await both).toEqual(['ok', 'ok']);
  });

  test('strict requests that come later than a question was sent share the next one', async () => {
    const early = present(1, { strict: true });
    await turn();
    await world.process().sessions.logoutAll({ principal: principalFor(first), origin: HOME });
    const late = present(50, { strict: true });
    await turn();
    expect(asked).toBe(1);
    answer();
    expect(await early).toEqual(['ok']);
    await turn();
    expect(asked).toBe(2);
    answer();
    expect(new Set(await late)).toEqual(new Set(['invalid_token']));
  });

  test('where no staleness is allowed nobody joins a question that was sent before', async () => {
    const exact = world.process({ maxStalenessMs: 0 });
    await exact.present(first.accessToken);
    world.pass(1);
    const early = exact.present(first.accessToken);
    await turn();
    await app.sessions.logoutAll({ principal: principalFor(first), origin: HOME });
    const late = exact.present(first.accessToken);
    await turn();
    answer();
    expect(await early).toBe('ok');
    await turn();
    answer();
    expect(await late).toBe('invalid_token');
  });

  test('a store that does not answer is 503 after a second, and is asked anew by the next request', async () => {
    vi.useFakeTimers();
    try {
      world.pass(2_001);
      const crowd = present(3);
      await vi.advanceTimersByTimeAsync(999);
      let settled = false;
      void crowd.then(() => {
        settled = true;
      });
      await vi.advanceTimersByTimeAsync(0);
      expect([asked, settled]).toEqual([1, false]);
      await vi.advanceTimersByTimeAsync(1);
      expect(await crowd).toEqual(['unavailable', 'unavailable', 'unavailable']);
      const next = present(1);
      await vi.advanceTimersByTimeAsync(0);
      expect(asked).toBe(2);
      answer();
      expect(await next).toEqual(['ok']);
    } finally {
      vi.useRealTimers();
    }
  });

  test('a question that failed fails for all who wait for it, and for none after', async () => {
    world.pass(2_001);
    world.away = true;
    expect(new Set(await present(5))).toEqual(new Set(['unavailable']));
    world.away = false;
    const next = present(1);
    await turn();
    answer();
    expect(await next).toEqual(['ok']);
  });
});
