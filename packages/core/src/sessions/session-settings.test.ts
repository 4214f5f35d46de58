import { describe, expect, test } from 'vitest';
import { type SessionOptions, sessionSettings } from './session-settings.ts';

const DAY = 86_400_000;

describe('session settings', () => {
  test('the defaults are those of docs/sessions.md', () => {
    expect(sessionSettings()).toEqual({
      graceMs: 10_000,
      reissueMs: null,
      confirmByAccess: true,
      deadlineMs: 4_000,
      profiles: {
        1: { idleMs: 14 * DAY, absoluteMs: 30 * DAY, accessMs: 900_000 },
        2: { idleMs: 3_600_000, absoluteMs: DAY, accessMs: 900_000 },
        3: { idleMs: 900_000, absoluteMs: DAY / 2, accessMs: 300_000 },
      },
      warnings: [],
    });
  });

  test('tokens that others verify offline are re-issued for two minutes only', () => {
    expect(sessionSettings({ confirm: 'refresh' }).reissueMs).toBe(120_000);
  });

  test('an unlimited re-issue of tokens that are verified offline is warned of', () => {
    expect(sessionSettings({ confirm: 'refresh', reissue: 'unlimited' }).warnings).toHaveLength(1);
  });

  test.each([
    ['unlimited', null],
    ['off', 0],
    [false, 0],
    ['90s', 90_000],
  ] as const)('reissue: %j', (reissue, ms) => {
    expect(sessionSettings({ reissue }).reissueMs).toBe(ms);
  });

  test('a smaller grace lowers the deadline in proportion, with a warning', () => {
    const settings = sessionSettings({ grace: '2s' });
    expect(settings.deadlineMs).toBe(800);
    expect(settings.warnings).toHaveLength(1);
    expect(sessionSettings({ grace: '20s' })).toMatchObject({ deadlineMs: 4_000, warnings: [] });
  });

  test('the textbook mode keeps the deadline: it has no window to defend', () => {
    expect(sessionSettings({ grace: 0, reissue: false })).toMatchObject({
      graceMs: 0,
      deadlineMs: 4_000,
      warnings: [],
    });
  });

  test('a shorter access token shortens those of the higher levels too, a longer one does not lengthen them', () => {
    expect(sessionSettings({ accessTokenTtl: '1m' }).profiles[3].accessMs).toBe(60_000);
    expect(sessionSettings({ accessTokenTtl: '60m' }).profiles[3].accessMs).toBe(300_000);
  });

  test.each<[string, SessionOptions]>([
    ['sessions.accessTokenTtl', { accessTokenTtl: '59s' }],
    ['sessions.accessTokenTtl', { accessTokenTtl: '61m' }],
    ['sessions.accessTokenTtl', { accessTokenTtl: '15 minutes' as '15m' }],
    ['sessions.accessTokenTtl', { idle: '44m' }],
    ['sessions.accessTokenTtl', { accessTokenTtl: '1m', grace: '49s' }],
    ['sessions.aal3.accessTokenTtl', { grace: '5m' }],
    ['sessions.aal2.accessTokenTtl', { aal2: { accessTokenTtl: '21m' } }],
    ['sessions.idle', { idle: '31d' }],
    ['sessions.aal2.idle', { aal2: { idle: '25h' } }],
    ['sessions.grace', { grace: 'never' as '1s' }],
    ['sessions.reissue', { reissue: '5s' }],
    ['sessions.reissue', { reissue: 'forever' as 'off' }],
    ['sessions.confirm', { confirm: 'both' as 'access' }],
    ['sessions.requestDeadline', { requestDeadline: '0s' }],
  ])('%s is named where it makes no sense: %j', (path, options) => {
    expect(() => sessionSettings(options)).toThrow(TypeError);
    expect(() => sessionSettings(options)).toThrow(path);
  });
});
