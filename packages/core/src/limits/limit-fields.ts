import type { Headers } from '../http/index.ts';
import { limitOf, spanUsOf } from './limit-rule.ts';
import type { BucketState, LimitRule } from './limit-store.ts';

/** What may be set about the headers of limited answers. */
export interface LimitHeaderOptions {
  /** `RateLimit-Policy` and `RateLimit` as in this draft of draft-ietf-httpapi-ratelimit-headers. Default 11. */
  readonly draft?: 11 | false;
  /** `X-RateLimit-Limit`, `-Remaining` and `-Reset` (Unix seconds) of the limit with the fewest permits. Default true. */
  readonly xRateLimit?: boolean;
}

/** A limit as headers tell it. */
export interface NamedRule {
  /** Printable ASCII without quotes and backslashes. */
  readonly name: string;
  readonly rule: LimitRule;
}

/** Puts what is left of the limits into the headers of an answer; of a refusal, what refused has nothing left. */
export type PutLimitFields = (headers: Headers, states: readonly BucketState[], refused: boolean) => void;

/** Small numbers are looked up: they are written at each request. */
const SMALL = Array.from({ length: 4096 }, (_, number) => String(number));
const textOf = (number: number): string => SMALL[number] ?? String(number);

/**
 * Makes the function that writes the headers of these limits, in their order.
 *
 * @param now the time in ms
 */
export function limitFields(
  limits: readonly NamedRule[],
  { draft = 11, xRateLimit = true }: LimitHeaderOptions,
  now: () => number,
): PutLimitFields {
  const policies = policyField(limits);
  const names = limits.map(({ name }) => `"${name}";r=`);
  const most = limits.map(({ rule }) => String(limitOf(rule)));
  if (limits.length === 0) return () => undefined;
  /** Of callers who come within a second most have the same. */
  let seconds = 0;
  let secondsText = '0';
  return (headers, states, refused) => {
    if (draft === 11) {
      headers['ratelimit-policy'] = policies;
      headers['ratelimit'] = budgetField(names, states, refused);
    }
    if (!xRateLimit) return;
    const at = tightest(states, refused);
    const state = states[at];
    if (!state) return;
    headers['x-ratelimit-limit'] = most[at] ?? '';
    headers['x-ratelimit-remaining'] = textOf(leftOf(state, refused));
    const resetsAt = Math.ceil((now() + waitOf(state, refused)) / 1000);
    if (resetsAt !== seconds) {
      seconds = resetsAt;
      secondsText = String(resetsAt);
    }
    headers['x-ratelimit-reset'] = secondsText;
  };
}

/** Puts them behind those that an earlier door has put. `X-RateLimit` stays with the limit that has the fewest permits. */
export function besides(put: PutLimitFields): PutLimitFields {
  return (headers, states, refused) => {
    const earlier = { ...headers };
    put(headers, states, refused);
    for (const name of ['ratelimit-policy', 'ratelimit'])
      if (earlier[name] !== undefined) headers[name] = `${String(earlier[name])}, ${String(headers[name])}`;
    if (!(Number(earlier['x-ratelimit-remaining']) < Number(headers['x-ratelimit-remaining']))) return;
    for (const name of ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'])
      headers[name] = earlier[name] ?? '';
  };
}

/** Seconds after which a refused request is worth another try, at least 1. */
export function retryAfterSeconds(states: readonly BucketState[]): number {
  const waits = states.filter(({ retryMs }) => retryMs > 0).map((state) => waitOf(state, true));
  return Math.max(1, ...waits.map((ms) => Math.ceil(ms / 1000)));
}

/** A list of strings with parameters (RFC 9651 section 3.1). `w` is whole seconds, and left out where it isn't. */
function policyField(limits: readonly NamedRule[]): string {
  return limits
    .map(({ name, rule }) => {
      const seconds = spanUsOf(rule) / 1_000_000;
      return `"${name}";q=${limitOf(rule)}${Number.isInteger(seconds) ? `;w=${seconds}` : ''}`;
    })
    .join(', ');
}

function budgetField(names: readonly string[], states: readonly BucketState[], refused: boolean): string {
  let field = '';
  for (let at = 0; at < names.length; at++) {
    const state = states[at];
    if (!state) continue;
    if (field !== '') field += ', ';
    const seconds = Math.ceil(waitOf(state, refused) / 1000);
    field += `${names[at]}${textOf(leftOf(state, refused))};t=${textOf(seconds)}`;
  }
  return field;
}

/** What refuses a request has nothing for it, though a cheaper one may find something. */
function leftOf({ remaining, retryMs }: BucketState, refused: boolean): number {
  return refused && retryMs > 0 ? 0 : remaining;
}

/** Where nothing is left, until something is; else until everything is. */
function waitOf(state: BucketState, refused: boolean): number {
  const { retryMs, resetMs } = state;
  return leftOf(state, refused) === 0 && retryMs > 0 && Number.isFinite(retryMs) ? retryMs : resetMs;
}

function tightest(states: readonly BucketState[], refused: boolean): number {
  let found = 0;
  for (let at = 1; at < states.length; at++) {
    const [one, other] = [states[at], states[found]];
    if (one && other && leftOf(one, refused) < leftOf(other, refused)) found = at;
  }
  return found;
}
