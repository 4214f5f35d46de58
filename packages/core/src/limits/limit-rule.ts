import { durationMs } from '../kernel/index.ts';
import type { LimitRule } from './limit-store.ts';

/** A number of permits and the time that they are for: `'60/1m'`. */
export type LimitText = `${number}/${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

/** One way of spending, by what the caller may rely on. */
export type LimitKind =
  /** Never more than so many in any such time; all of them may come at once. */
  | { readonly window: LimitText; readonly rate?: never; readonly quota?: never; readonly burst?: never }
  /** An even pace, with `burst` at once. Default burst: the number of permits. */
  | { readonly rate: LimitText; readonly burst?: number; readonly window?: never; readonly quota?: never }
  /** So many in each such time of the calendar, UTC: `'10000/1d'` from midnight to midnight. */
  | { readonly quota: LimitText; readonly window?: never; readonly rate?: never; readonly burst?: never };

/** Counts fit into 32 bits in every store. */
const MOST_PERMITS = 1_000_000_000;
/** Of a rate, the time of all its permits in µs: added to the clock's, it is still exact in a double and in every store. */
const MOST_RATE_US = 2 ** 50;
/** A year and a leap day. */
const LONGEST_MS = 366 * 86_400_000;

/**
 * Reads a rule.
 *
 * @param path the option's path, named in errors
 * @throws TypeError when the text makes no sense
 */
export function readLimitRule(kind: LimitText | LimitKind, path: string): LimitRule {
  if (typeof kind === 'string') return windowRule(kind, path);
  const { window, rate, quota, burst } = kind;
  if ([window, rate, quota].filter((one) => one !== undefined).length !== 1)
    throw new TypeError(`${path} must have one of window, rate and quota`);
  if (burst !== undefined && rate === undefined) throw new TypeError(`${path}.burst belongs to a rate`);
  if (window !== undefined) return windowRule(window, `${path}.window`);
  if (quota !== undefined) {
    const { permits, spanUs } = readLimitText(quota, `${path}.quota`);
    return { kind: 'quota', limit: permits, windowUs: spanUs };
  }
  const { permits, spanUs } = readLimitText(rate as string, `${path}.rate`);
  // rounded up: never faster than what was written
  const intervalUs = Math.ceil(spanUs / permits);
  const burstOf = permitsOf(burst ?? permits, `${path}.burst`);
  if (intervalUs * burstOf > MOST_RATE_US)
    throw new TypeError(
      `${path}.burst must be at most ${Math.floor(MOST_RATE_US / intervalUs)} at this rate, or it can't be counted exactly`,
    );
  return { kind: 'rate', intervalUs, burst: burstOf };
}

/** Permits of a caller who has spent none. */
export function limitOf(rule: LimitRule): number {
  return rule.kind === 'rate' ? rule.burst : rule.limit;
}

/** How long it takes at most until all permits are back, in whole microseconds, sub-windows left aside. */
export function spanUsOf(rule: LimitRule): number {
  return rule.kind === 'rate' ? rule.intervalUs * rule.burst : rule.windowUs;
}

function windowRule(text: string, path: string): LimitRule {
  const { permits, spanUs } = readLimitText(text, path);
  return { kind: 'window', limit: permits, windowUs: spanUs };
}

function readLimitText(text: string, path: string): { readonly permits: number; readonly spanUs: number } {
  const match = typeof text === 'string' ? /^(\d{1,12})\/(\w{1,16})$/.exec(text) : null;
  if (!match) throw new TypeError(`${path} must be a limit such as '60/1m', not ${JSON.stringify(text)}`);
  const spanMs = durationMs(match[2] ?? '', `${path}, after the slash,`);
  if (spanMs < 1 || spanMs > LONGEST_MS) throw new TypeError(`${path} must be for at least 1ms and at most 366d`);
  return { permits: permitsOf(Number(match[1]), path), spanUs: spanMs * 1000 };
}

function permitsOf(permits: number, path: string): number {
  if (Number.isInteger(permits) && permits >= 1 && permits <= MOST_PERMITS) return permits;
  throw new TypeError(`${path} must be from 1 to ${MOST_PERMITS} permits, a whole number, not ${permits}`);
}
