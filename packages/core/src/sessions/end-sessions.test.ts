import { beforeEach, describe, expect, test } from 'vitest';
import {
  ELSEWHERE,
  HOME,
  principalFor,
  type SessionProcess,
  type SessionWorld,
  sessionWorld,
  tokensOf,
} from './session-world.cases.ts';
import type { IssuedTokens, LogoutRequest } from './sessions.ts';

let world: SessionWorld;
let app: SessionProcess;
let desk: IssuedTokens;
let phone: IssuedTokens;

beforeEach(async () => {
  world = await sessionWorld();
  app = world.process();
  await app.poll();
  desk = await app.start();
  phone = await app.start();
});

const isLive = async ({ accessToken }: IssuedTokens): Promise<boolean> => (await app.present(accessToken)) === 'ok';
const logout = async (by: Partial<LogoutRequest>): Promise<void> =>
  app.sessions.logout({ tenant: '', transport: 'bearer', origin: HOME, ...by });

describe('logout', () => {
  test('by the access token', async () => {
    await logout({ principal: principalFor(desk) });
    expect([await isLive(desk), await isLive(phone)]).toEqual([false, true]);
    expect(app.facts.at(-1)).toMatchObject({ name: 'session.revoked', fact: { reason: 'logout', subject: 'alice' } });
    expect((await world.trail()).at(-1)).toBe('user.logout');
  });

  test('by the refresh token, also by one that has been exchanged', async () => {
    await app.refresh(desk.refreshToken);
    await logout({ refreshToken: desk.refreshToken });
    expect([await isLive(desk), await isLive(phone)]).toEqual([false, true]);
  });

  test('by both, when they name one session', async () => {
    await logout({ principal: principalFor(desk), refreshToken: desk.refreshToken });
    expect(await isLive(desk)).toBe(false);
  });

  test.each(['principal', 'deadSessionId'])(
    'by both, when they name two (%s): refused, nothing changes',
    async (kind) => {
      const access =
        kind === 'principal' ? { principal: principalFor(desk) } : { deadSessionId: desk.session.sessionId };
      await expect(logout({ ...access, refreshToken: phone.refreshToken })).rejects.toMatchObject({
        code: 'validation_failed',
        fields: [{ pointer: '/refresh_token', code: 'other_session' }],
      });
      expect([await isLive(desk), await isLive(phone)]).toEqual([true, true]);
    },
  );

  test('a principal ends no session of somebody else', async () => {
    await logout({ principal: { subject: 'bob', sessionId: desk.session.sessionId } });
    expect(await isLive(desk)).toBe(true);
  });

  test('a dead access token has no authority of its own', async () => {
    await logout({ deadSessionId: desk.session.sessionId });
    expect(await isLive(desk)).toBe(true);
    await logout({ deadSessionId: desk.session.sessionId, refreshToken: desk.refreshToken });
    expect(await isLive(desk)).toBe(false);
  });

  test('a dead, forged or foreign refresh token ends nothing and says nothing', async () => {
    await logout({ refreshToken: 'cst_rt_nonsense' });
    await logout({ refreshToken: desk.refreshToken, tenant: 't2' });
    await logout({ refreshToken: desk.refreshToken, transport: 'cookie' });
    expect(await isLive(desk)).toBe(true);
    await logout({ refreshToken: desk.refreshToken });
    await logout({ refreshToken: desk.refreshToken });
    expect(app.told().filter((name) => name === 'session.revoked')).toHaveLength(1);
  });
});

describe('logout everywhere', () => {
  test('all access and refresh tokens of the subject are dead, in one step', async () => {
    await app.sessions.logoutAll({ principal: principalFor(desk), origin: HOME });
    expect([await isLive(desk), await isLive(phone)]).toEqual([false, false]);
    expect((await app.refresh(phone.refreshToken)).outcome).toBe('revoked');
    expect((await world.trail()).at(-2)).toBe('user.logout_all');
  });
});

describe('revoke', () => {
  test('ends one session of the caller', async () => {
    await app.sessions.revoke({
      principal: principalFor(desk),
      sessionId: phone.session.sessionId,
      origin: HOME,
    });
    expect([await isLive(desk), await isLive(phone)]).toEqual([true, false]);
  });

  test('a foreign, a missing, an ended and a malformed id are one not_found', async () => {
    await app.subjects.put({ id: 'bob' });
    const bob = await app.start({ subject: 'bob' });
    await logout({ refreshToken: phone.refreshToken });
    const ids = [
      bob.session.sessionId,
      '01890a5d-ac96-774b-bcce-b302099a8057',
      phone.session.sessionId,
      'x',
      '',
      '%00',
    ];
    for (const sessionId of ids)
      await expect(
        app.sessions.revoke({ principal: principalFor(desk), sessionId, origin: HOME }),
      ).rejects.toMatchObject({ code: 'not_found', detail: undefined });
    expect(await isLive(bob)).toBe(true);
  });
});

describe('revoke others', () => {
  test('ends all but the asking session and tells how many', async () => {
    const tablet = await app.start({ origin: ELSEWHERE });
    const { principal, origin } = { principal: principalFor(desk), origin: HOME };
    expect(await app.sessions.revokeOthers({ principal, origin })).toBe(2);
    expect([await isLive(desk), await isLive(phone), await isLive(tablet)]).toEqual([true, false, false]);
    expect(await app.sessions.revokeOthers({ principal, origin })).toBe(0);
  });
});

describe('a re-stamp', () => {
  test('kills the access tokens of the epoch before in this process at once, and keeps the device', async () => {
    const subject = world.subjectStore.get('', 'alice');
    if (!subject) throw new Error('no alice');
    expect(await isLive(phone)).toBe(true);
    const { sessionId } = desk.session;
    const prepared = app.sessions.prepareRestamp(sessionId);
    world.subjectStore.write({ ...subject, authEpoch: subject.authEpoch + 1 });
    const session = world.store.restamp({ tenant: '', sessionId, now: world.now(), ...prepared });
    if (!session) throw new Error('not re-stamped');
    const kept = await prepared.issue(session);
    expect([await isLive(kept), await isLive(desk), await isLive(phone)]).toEqual([true, false, false]);
    world.pass(10_000);
    expect(tokensOf(await app.refresh(kept.refreshToken)).session.generation).toBe(2);
  });
});
