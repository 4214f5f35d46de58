import { beforeEach, describe, expect, test } from 'vitest';
import { ownSession } from './list-sessions.ts';
import { sessionSettings } from './session-settings.ts';
import {
  DAY,
  HOME,
  MINUTE,
  principalFor,
  type SessionProcess,
  type SessionWorld,
  sessionWorld,
  T0,
  tokensOf,
} from './session-world.cases.ts';
import type { IssuedTokens, OwnSessionPage } from './sessions.ts';

let world: SessionWorld;
let app: SessionProcess;
let first: IssuedTokens;

beforeEach(async () => {
  world = await sessionWorld();
  app = world.process();
  first = await app.start();
});

const listed = async (page = 1, pageSize = 20): Promise<OwnSessionPage> =>
  app.sessions.list({ principal: principalFor(first), origin: HOME, page, pageSize });

describe('the list of sessions', () => {
  test('shows whose sessions could refresh now, newest first, and which one asks', async () => {
    const second = await app.start();
    await app.start({ tenant: 't2' });
    const { items, total, totalIsCapped } = await listed();
    expect(items.map(({ id, isCurrent }) => [id, isCurrent])).toEqual([
      [second.session.sessionId, false],
      [first.session.sessionId, true],
    ]);
    expect([total, totalIsCapped]).toEqual([2, false]);
    await app.sessions.logout({ tenant: '', transport: 'bearer', refreshToken: second.refreshToken, origin: HOME });
    expect((await listed()).total).toBe(1);
  });

  test('pages', async () => {
    for (let more = 0; more < 4; more++) await app.start();
    const pages = await Promise.all([1, 2, 3, 4].map((page) => listed(page, 2)));
    expect(pages.map(({ items }) => items.length)).toEqual([2, 2, 1, 0]);
    expect(pages.every(({ total }) => total === 5)).toBe(true);
  });

  test('shows the network of the address and the user agent', async () => {
    expect((await listed()).items[0]).toMatchObject({ ip: '192.0.2.0/24', userAgent: 'home/1' });
  });

  test('a watcher cannot read the moment of a refresh out of it', async () => {
    // the same minute-by-minute reading of two worlds that differ in the moment of the refresh alone
    const readings = async (refreshAtMs: number): Promise<string> => {
      const own = await sessionWorld();
      const process = own.process();
      const tokens = await process.start();
      const seen: unknown[] = [];
      for (let at = 0; at < 30 * MINUTE; at += 20_000) {
        if (at === refreshAtMs) tokensOf(await process.refresh(tokens.refreshToken));
        const { items } = await process.sessions.list({
          principal: principalFor(tokens),
          origin: HOME,
          page: 1,
          pageSize: 20,
        });
        seen.push(items.map(({ id: _random, ...rest }) => rest));
        own.pass(20_000);
      }
      return JSON.stringify(seen);
    };
    expect(await readings(12 * MINUTE)).toBe(await readings(12 * MINUTE + 40_000));
  });

  test('a session in use shows the current minute until 1.25 access-token lives have passed', () => {
    const settings = sessionSettings();
    const view = {
      id: 'a',
      createdAt: T0 - DAY,
      lastUsedAt: T0 + 12_345,
      idleExpiresAt: 0,
      expiresAt: T0 + 90 * DAY,
      aal: 1 as const,
      ip: null,
      userAgent: null,
    };
    const shownAt = (now: number): number => ownSession(view, now, settings, 'a').lastUsedAt;
    const hidden = 1.25 * 15 * MINUTE;
    expect(shownAt(view.lastUsedAt + hidden - 1)).toBe(Math.floor((view.lastUsedAt + hidden - 1) / MINUTE) * MINUTE);
    expect(shownAt(view.lastUsedAt + hidden)).toBe(view.lastUsedAt);
  });

  test('the end is the earlier of absolute and idle, idle counted from the moment that is shown', () => {
    const settings = sessionSettings();
    const now = T0 + 59_999;
    const view = {
      id: 'a',
      createdAt: T0 - DAY,
      lastUsedAt: now - 1,
      idleExpiresAt: 1,
      ip: null,
      userAgent: null,
      aal: 1,
    };
    const endOf = (expiresAt: number): number =>
      ownSession({ ...view, aal: 1, expiresAt }, now, settings, 'a').expiresAt;
    expect(endOf(T0 + 90 * DAY)).toBe(T0 + 14 * DAY);
    expect(endOf(T0 + DAY)).toBe(T0 + DAY);
  });

  test('a session never shows a use before it began', async () => {
    world.pass(30_500);
    const fresh = await app.start();
    const item = (await listed()).items.find(({ id }) => id === fresh.session.sessionId);
    expect(item?.lastUsedAt).toBe(item?.createdAt);
  });
});
