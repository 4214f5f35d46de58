import type { CookieMode } from './browser/index.ts';
import {
  type BodyExchange,
  type BodyGuard,
  type Exchange,
  type Guard,
  type HttpResponse,
  Problem,
  type Verdict,
} from './http/index.ts';
import {
  type LimitAnswer,
  type LimitKind,
  type LimitPolicy,
  type Limits,
  type LimitText,
  partitionText,
  readLimitPolicy,
  type Taken,
} from './limits/index.ts';

/** A limit of the library's own endpoints; who is counted is settled. `false` switches it off. */
export type AuthLimit =
  | false
  | LimitText
  | (LimitKind & {
      /** While the store is away: `local` counts in this process, `deny` answers 503. Default `local`. */
      readonly onStoreFailure?: 'local' | 'deny';
    });

/** The limits of the library's own endpoints. */
export interface AuthLimitOptions {
  /**
   * Sign-ins per account and address, or per account and device where a cookie says that it has signed in to it before;
   * those that succeed are given back. Default `5/1m`.
   */
  readonly login?: AuthLimit;
  /** Sign-ins per address, but those on such a device; those that succeed are given back. Default `30/1m`. */
  readonly loginAddress?: AuthLimit;
  /** Failed sign-ins per account, from addresses and devices that never signed in to it. Default `20/1h`. */
  readonly loginSoft?: AuthLimit;
  /** Registrations per address. Default `10/15m`. */
  readonly register?: AuthLimit;
  /** Refreshes per session. Default `60/1m`. */
  readonly refresh?: AuthLimit;
  /** Malformed and forged tokens per address: beyond it they are 429, not 401. Default `600/1m`. */
  readonly refused?: AuthLimit;
}

const DEFAULTS = {
  login: '5/1m',
  loginAddress: '30/1m',
  loginSoft: '20/1h',
  register: '10/15m',
  refresh: '60/1m',
  refused: '600/1m',
} as const satisfies Required<AuthLimitOptions>;

/** Names on the wire. */
const NAMES: Readonly<Record<keyof AuthLimitOptions, string>> = {
  login: 'login',
  loginAddress: 'login-address',
  loginSoft: 'login-soft',
  register: 'register',
  refresh: 'refresh',
  refused: 'refused-tokens',
};

/** The presets, read; one that is switched off is `undefined`. */
export type AuthLimits = Readonly<Record<keyof AuthLimitOptions, LimitPolicy | undefined>>;

/** @throws TypeError naming the option that makes no sense */
export function readAuthLimits(options: AuthLimitOptions): AuthLimits {
  const read = (which: keyof AuthLimitOptions): LimitPolicy | undefined => {
    const limit = options[which] ?? DEFAULTS[which];
    if (limit === false) return undefined;
    const path = `limits.${which}`;
    if (typeof limit === 'object')
      for (const member of Object.keys(limit))
        if (!['window', 'rate', 'burst', 'quota', 'onStoreFailure'].includes(member))
          throw new TypeError(`${path}.${member} is not known: who is counted here is settled`);
    if (typeof limit === 'object' && (limit.onStoreFailure as string | undefined) === 'allow')
      throw new TypeError(`${path}.onStoreFailure: what guards sign-ins can't be 'allow', or an outage opens it`);
    // exact: a guess too many is what they are about
    return readLimitPolicy(limit, path, { name: NAMES[which], by: 'ip', exact: true, onStoreFailure: 'local' });
  };
  return {
    login: read('login'),
    loginAddress: read('loginAddress'),
    loginSoft: read('loginSoft'),
    register: read('register'),
    refresh: read('refresh'),
    refused: read('refused'),
  };
}

/** Answers to what nobody has looked into: no JSON, too large, of another type, refused by CSRF, invalid, overloaded. */
const UNSEEN: readonly number[] = [400, 403, 413, 415, 422, 503];

/**
 * Whether a request was refused before anybody looked into it. The status alone does not tell: what an app's
 * `onAccountCreated` throws, or a store that goes away, may have any, and has cost a hash.
 */
export function isUnseen({ status }: HttpResponse, { context }: Exchange): boolean {
  return UNSEEN.includes(status) && !context.hashed;
}

/** Charges one limit of every caller's address. */
export function addressGuard(limits: Limits, policy: LimitPolicy): (exchange: Exchange) => Taken | Promise<Taken> {
  const buckets = limits.bucketsOf(policy, '');
  const put = limits.fieldsOf([{ policy }]);
  return (exchange) => {
    const charges = [{ policy, bucket: buckets.bucket(limits.addressOf(exchange), 1) }];
    const askedAt = limits.clock();
    const settle = (answer: LimitAnswer): Taken => {
      const taken = { charges, answer, askedAt };
      limits.settle(exchange, taken, put);
      return taken;
    };
    const answer = limits.ask(charges);
    return answer instanceof Promise ? answer.then(settle) : settle(answer);
  };
}

/** Charges registrations, and gives back those that nobody has looked into: a mistyped form is no registration. */
export function registerGuard(limits: Limits, policy: LimitPolicy): Guard {
  const charge = addressGuard(limits, policy);
  return async (exchange) => {
    const taken = await charge(exchange);
    return async (response) => {
      if (isUnseen(response, exchange)) await Promise.allSettled([limits.giveBack(taken)]);
      return response;
    };
  };
}

/** What {@link refreshCharges} are made of. */
export interface RefreshLimitParts {
  readonly limits: Limits;
  readonly policies: Pick<AuthLimits, 'refresh' | 'refused'>;
  /** Which session an authentic token names, spent or not. */
  readonly sessionOf: (refreshToken: string) => string | undefined;
}

/**
 * Charges a refresh: an authentic token is counted by its session, so that the tabs of an office never stand in each
 * other's way; any other by its sender's address.
 */
export type RefreshCharge = (exchange: Exchange, refreshToken: string) => Promise<void>;

/** Makes the charges of refreshes: of the endpoint's, whose answers tell the budget, and of pages', which only refuse. */
export function refreshCharges(parts: RefreshLimitParts): {
  readonly atEndpoint: RefreshCharge;
  ofPage: RefreshCharge;
} {
  const { limits, policies, sessionOf } = parts;
  const { refresh, refused } = policies;
  const bySession = refresh && limits.bucketsOf(refresh, '');
  const byAddress = refused && addressGuard(limits, refused);
  const charge = async (exchange: Exchange, token: string, quiet: boolean): Promise<void> => {
    const session = sessionOf(token);
    if (session === undefined) {
      // the answer to a token is 401: budgets are told with the 429
      await byAddress?.(aside(exchange));
      return;
    }
    if (!refresh || !bySession) return;
    const charges = [{ policy: refresh, bucket: bySession.bucket(partitionText('session', session), 1) }];
    const answer = await limits.ask(charges);
    // a page's headers tell the budget of its route
    if (!quiet || answer.granted === 0) limits.settle(exchange, { charges, answer });
  };
  return {
    atEndpoint: (exchange, token) => charge(exchange, token, false),
    ofPage: (exchange, token) => charge(exchange, token, true),
  };
}

/** Makes the guard of the refresh endpoint. */
export function refreshGuard(charge: RefreshCharge, cookies: CookieMode | undefined): BodyGuard {
  const tokenOf = ({ request, body: { value } }: BodyExchange): unknown =>
    typeof value === 'object' && value !== null && 'refresh_token' in value
      ? value.refresh_token
      : cookies?.jar.read(request.headers, 'refresh');
  return (exchange) => {
    const token = tokenOf(exchange);
    return typeof token === 'string' ? charge(exchange, token) : undefined;
  };
}

/**
 * Puts a limit on tokens that nobody honest has: malformed or forged ones are charged to their sender's address, and
 * past the limit their answer is 429. One that is authentic and merely expired, stale, superseded or revoked always gets
 * its 401: that is what makes honest clients refresh.
 */
export function refusingGuard(limits: Limits, policy: LimitPolicy, authenticate: Guard): Guard {
  const charge = addressGuard(limits, policy);
  const refuse = async (exchange: Exchange, error: unknown): Promise<never> => {
    // the answer to a token is 401: budgets are told with the 429
    if (isForged(error)) await charge(aside(exchange));
    throw error;
  };
  return (exchange) => {
    let verdict: Verdict | Promise<Verdict>;
    try {
      verdict = authenticate(exchange);
    } catch (error) {
      return refuse(exchange, error);
    }
    return verdict instanceof Promise ? verdict.catch((error: unknown) => refuse(exchange, error)) : verdict;
  };
}

/** The same request, with headers that nobody sees: a refusal's own say enough. */
function aside({ request, context }: Exchange): Exchange {
  return { request, context, headers: {} };
}

function isForged(error: unknown): boolean {
  if (!(error instanceof Problem) || error.code !== 'invalid_token') return false;
  return error.cause === 'malformed' || error.cause === 'forged';
}
