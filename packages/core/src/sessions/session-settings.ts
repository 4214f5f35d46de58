import { type Duration, durationMs } from '../kernel/index.ts';
import type { Aal } from './session-store.ts';

/** Lifetimes of one assurance level. */
export interface ProfileOptions {
  /** Without a refresh for this long the session ends. */
  readonly idle?: Duration;
  /** It ends at this age in any case. */
  readonly absolute?: Duration;
  readonly accessTokenTtl?: Duration;
}

/** What an app may set about sessions. */
export interface SessionOptions {
  /** Life of an access token, 1–60 minutes. Default 15 minutes; aal3 never above 5. Up to 20 % shorter at random. */
  readonly accessTokenTtl?: Duration;
  /**
   * C: for so long after an answer its retry gets the same tokens again. At least the client's time-out, one second on
   * the way, and `requestDeadline`. Default 10 seconds. 0 switches retries off (RFC 9700 section 4.14.2 to the letter).
   */
  readonly grace?: Duration | 0;
  /**
   * L: for so long after an answer that nobody has used, the token before it gets a fresh pair. Default `'unlimited'`,
   * 120 seconds with `confirm: 'refresh'`. `false` and `'off'` switch it off.
   */
  readonly reissue?: Duration | 'unlimited' | 'off' | false;
  /**
   * What shows that an answer has arrived: the first use of its access token here (default), or the next refresh
   * alone, where others verify the access tokens offline.
   */
  readonly confirm?: 'access' | 'refresh';
  /** Default 14 days. */
  readonly idle?: Duration;
  /** Default 30 days. */
  readonly absolute?: Duration;
  /** From a refresh's arrival until nobody waits for its answer. Default 4 seconds, never above 0.4 of `grace`. */
  readonly requestDeadline?: Duration;
  /** Default 1 hour, 24 hours, 15 minutes. */
  readonly aal2?: ProfileOptions;
  /** Default 15 minutes, 12 hours, 5 minutes. */
  readonly aal3?: ProfileOptions;
}

/** Lifetimes in milliseconds. */
export interface SessionProfile {
  readonly idleMs: number;
  readonly absoluteMs: number;
  readonly accessMs: number;
}

/** Settings as the slice works with them. */
export interface SessionSettings {
  readonly graceMs: number;
  /** 0: off; `null`: unlimited. */
  readonly reissueMs: number | null;
  /** False: the use verb is never called. */
  readonly confirmByAccess: boolean;
  readonly deadlineMs: number;
  readonly profiles: Readonly<Record<Aal, SessionProfile>>;
  /** For logs at the start. */
  readonly warnings: readonly string[];
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** An answer is under way for the client's time-out, the way and our own deadline: 5 + 1 + 4 of 10 seconds. */
const DEADLINE_SHARE = 0.4;
/** The jitter takes a fifth; what is left must still be C. */
const MIN_LIVES_OF_GRACE = 1.25;

/**
 * Checks settings and completes them.
 *
 * @param path the option's path, named in errors
 * @throws TypeError naming the option that makes no sense
 */
export function sessionSettings(options: SessionOptions = {}, path = 'sessions'): SessionSettings {
  const warnings: string[] = [];
  const duration = (value: Duration | 0 | undefined, fallback: number, name: string): number =>
    value === undefined ? fallback : value === 0 ? 0 : durationMs(value, `${path}.${name}`);

  const { confirm = 'access' } = options;
  if (confirm !== 'access' && confirm !== 'refresh') throw new TypeError(`${path}.confirm is 'access' or 'refresh'`);
  const graceMs = duration(options.grace, 10_000, 'grace');
  const reissueMs = readReissue(options, confirm, path);
  if (reissueMs !== null && reissueMs !== 0 && reissueMs <= graceMs)
    throw new TypeError(`${path}.reissue must be longer than ${path}.grace, or false`);
  if (confirm === 'refresh' && reissueMs === null)
    warnings.push(
      `${path}.reissue is unlimited although access tokens are verified elsewhere: a stolen token works longer`,
    );

  let deadlineMs = duration(options.requestDeadline, 4_000, 'requestDeadline');
  if (deadlineMs === 0) throw new TypeError(`${path}.requestDeadline must be above zero`);
  if (graceMs > 0 && deadlineMs > graceMs * DEADLINE_SHARE) {
    deadlineMs = Math.max(1, Math.floor(graceMs * DEADLINE_SHARE));
    warnings.push(`${path}.grace is ${graceMs} ms, so refreshes are given up after ${deadlineMs} ms already`);
  }

  const accessMs = duration(options.accessTokenTtl, 15 * MINUTE, 'accessTokenTtl');
  const profile = (own: ProfileOptions | undefined, defaults: SessionProfile, name: string): SessionProfile => ({
    idleMs: duration(own?.idle, defaults.idleMs, `${name}.idle`),
    absoluteMs: duration(own?.absolute, defaults.absoluteMs, `${name}.absolute`),
    accessMs: duration(own?.accessTokenTtl, Math.min(accessMs, defaults.accessMs), `${name}.accessTokenTtl`),
  });
  const profiles = {
    1: {
      idleMs: duration(options.idle, 14 * 24 * HOUR, 'idle'),
      absoluteMs: duration(options.absolute, 30 * 24 * HOUR, 'absolute'),
      accessMs,
    },
    2: profile(options.aal2, { idleMs: HOUR, absoluteMs: 24 * HOUR, accessMs: 15 * MINUTE }, 'aal2'),
    3: profile(options.aal3, { idleMs: 15 * MINUTE, absoluteMs: 12 * HOUR, accessMs: 5 * MINUTE }, 'aal3'),
  };
  checkProfile(profiles[1], graceMs, path, path);
  checkProfile(profiles[2], graceMs, `${path}.aal2`, path);
  checkProfile(profiles[3], graceMs, `${path}.aal3`, path);
  return { graceMs, reissueMs, confirmByAccess: confirm === 'access', deadlineMs, profiles, warnings };
}

function readReissue(options: SessionOptions, confirm: 'access' | 'refresh', path: string): number | null {
  const { reissue } = options;
  if (reissue === undefined) return confirm === 'access' ? null : 120_000;
  if (reissue === 'unlimited') return null;
  if (reissue === false || reissue === 'off') return 0;
  return durationMs(reissue, `${path}.reissue`);
}

function checkProfile(profile: SessionProfile, graceMs: number, at: string, path: string): void {
  const { accessMs, idleMs, absoluteMs } = profile;
  if (accessMs < MINUTE || accessMs > HOUR) throw new TypeError(`${at}.accessTokenTtl must be from 1 to 60 minutes`); // revocations are remembered for 61
  if (idleMs > absoluteMs) throw new TypeError(`${at}.idle must not be longer than ${at}.absolute`);
  if (accessMs > idleMs / 3) throw new TypeError(`${at}.accessTokenTtl must be at most a third of ${at}.idle`);
  if (accessMs < graceMs * MIN_LIVES_OF_GRACE)
    throw new TypeError(`${at}.accessTokenTtl must be at least ${MIN_LIVES_OF_GRACE} times ${path}.grace`);
}

/** Idle lives by assurance level, as the store takes them. */
export function idleByAal(settings: SessionSettings): readonly [number, number, number] {
  const { profiles } = settings;
  return [profiles[1].idleMs, profiles[2].idleMs, profiles[3].idleMs];
}
