import type { Exchange } from '../http/index.ts';
import { type LimitKind, type LimitText, limitOf, readLimitRule } from './limit-rule.ts';
import type { LimitRule } from './limit-store.ts';

/** Whose permits a limit spends. A function says it itself; `undefined`: this request is not counted. */
export type LimitBy =
  /** The principal; the address of a caller that nobody knows. The default. */
  | 'subject'
  /** The address, also of a principal: an IPv4 address, a network of IPv6. */
  | 'ip'
  /** The member `email` of the body, normalised as accounts are looked up; counted once the body was read. */
  | 'email'
  /** All callers of the route together. */
  | 'route'
  | ((exchange: Exchange) => string | undefined);

/** How far the counting may be from exact, and what happens without its store. */
export interface LimitManner {
  /**
   * True: a store that processes share is asked at each request. Default false: permits may be taken ahead, and
   * `limits.maxError` tells by how much the limit can be exceeded. Quotas are always exact.
   */
  readonly exact?: boolean;
  /**
   * While the store is away or slow: `local` counts in this process, `allow` lets pass, `deny` answers 503.
   * Default `limits.onStoreFailure`.
   */
  readonly onStoreFailure?: 'local' | 'allow' | 'deny';
}

/** A limit with what can be said of it. */
export type LimitOptions = LimitKind &
  LimitManner & {
    readonly by?: LimitBy;
    /** Permits that one request takes, a whole number; 0 is free. Default 1. */
    readonly cost?: number | ((exchange: Exchange) => number);
    /**
     * In the headers, printable ASCII. Limits of one name are one budget, on whatever route; without a name each route
     * has its own.
     */
    readonly name?: string;
  };

/** A limit as routes and tiers declare it: `'60/1m'`, `{ rate: '10/1s', burst: 20 }`, `{ quota: '10000/1d' }`, … */
export type LimitInput = LimitText | LimitOptions;

/** What a place says of its limits. */
export type LimitDefaults = Pick<LimitOptions, 'by' | 'name' | 'exact' | 'onStoreFailure'>;

/** A limit, read. */
export interface LimitPolicy {
  /** In the headers. */
  readonly name: string;
  /** Whether routes share it. */
  readonly shared: boolean;
  readonly rule: LimitRule;
  readonly by: LimitBy;
  readonly cost: number | ((exchange: Exchange) => number);
  readonly manner: LimitManner;
}

const MEMBERS = new Set(['window', 'rate', 'quota', 'burst', 'by', 'cost', 'name', 'exact', 'onStoreFailure']);
const BY: readonly unknown[] = ['subject', 'ip', 'email', 'route'];
const ON_FAILURE: readonly unknown[] = ['local', 'allow', 'deny'];
/** What a string of RFC 9651 can hold without escapes. */
const NAME = /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,64}$/;

/**
 * Reads a limit.
 *
 * @param path the option's path, named in errors
 * @param defaults where the limit says nothing
 * @throws TypeError when it makes no sense
 */
export function readLimitPolicy(input: LimitInput, path: string, defaults: LimitDefaults = {}): LimitPolicy {
  if (typeof input !== 'string' && (typeof input !== 'object' || input === null))
    throw new TypeError(`${path} must be a limit such as '60/1m', not ${JSON.stringify(input)}`);
  const options: LimitOptions = { ...defaults, ...(typeof input === 'string' ? { window: input } : input) };
  const rule = readLimitRule(typeof input === 'string' ? input : options, path);
  for (const member of Object.keys(options))
    if (!MEMBERS.has(member)) throw new TypeError(`${path}.${member} is not known`);
  const { by = 'subject', cost = 1, name, exact, onStoreFailure } = options;
  if (!BY.includes(by) && typeof by !== 'function')
    throw new TypeError(`${path}.by must be 'subject', 'ip', 'email', 'route' or a function`);
  if (typeof cost !== 'function') checkCost(cost, rule, path);
  if (name !== undefined && !(typeof name === 'string' && NAME.test(name)))
    throw new TypeError(`${path}.name must be 1 to 64 printable ASCII characters without quotes and backslashes`);
  if (exact !== undefined && typeof exact !== 'boolean') throw new TypeError(`${path}.exact must be true or false`);
  if (onStoreFailure !== undefined && !ON_FAILURE.includes(onStoreFailure))
    throw new TypeError(`${path}.onStoreFailure must be 'local', 'allow' or 'deny'`);
  if (by === 'email' && onStoreFailure === 'allow')
    throw new TypeError(`${path}.onStoreFailure: what guards sign-ins can't be 'allow', or an outage opens it`);
  return {
    name: name ?? nameOf(by, options),
    shared: name !== undefined,
    rule,
    by,
    cost,
    manner: { ...(exact !== undefined && { exact }), ...(onStoreFailure && { onStoreFailure }) },
  };
}

/**
 * Reads the limits of one place: one, or a list.
 *
 * @throws TypeError when one makes no sense, or two have one name
 */
export function readLimitPolicies(
  input: LimitInput | readonly LimitInput[],
  path: string,
  defaultsOf: (at: number) => LimitDefaults = () => ({}),
): readonly LimitPolicy[] {
  const list: readonly LimitInput[] = Array.isArray(input) ? input : [input as LimitInput];
  const pathOf = (at: number): string => (Array.isArray(input) ? `${path}[${at}]` : path);
  const policies = list.map((one, at) => readLimitPolicy(one, pathOf(at), defaultsOf(at)));
  const names = policies.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new TypeError(`${path} has two limits named ${JSON.stringify(twice)}`);
  return policies;
}

function checkCost(cost: number, rule: LimitRule, path: string): void {
  if (!(Number.isInteger(cost) && cost >= 0))
    throw new TypeError(`${path}.cost must be a whole number of at least 0, not ${cost}`);
  if (cost > limitOf(rule))
    throw new TypeError(`${path}.cost is ${cost}, and no more than ${limitOf(rule)} permits are ever there`);
}

/** As it was written, so that it is the same in each process and after each deployment. */
function nameOf(by: LimitBy, { window, rate, quota }: LimitKind): string {
  const whose = by === 'subject' ? '' : `${typeof by === 'function' ? 'own' : by} `;
  return whose + (window ?? (rate === undefined ? `quota ${quota}` : `rate ${rate}`));
}
