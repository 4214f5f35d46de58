import { isUnseen } from './auth-limits.ts';
import type { BodyExchange, BodyGuard, HttpResponse } from './http/index.ts';
import {
  type BucketsOf,
  type Charge,
  type LimitPolicy,
  type Limits,
  type PutLimitFields,
  partitionText,
  type Taken,
} from './limits/index.ts';
import type { LoginDevices } from './login-device.ts';

/** The limits of sign-ins by password; one that is left out is switched off. */
export interface LoginLimits {
  /** Per account and address. */
  readonly login: LimitPolicy | undefined;
  /** Per address. */
  readonly address: LimitPolicy | undefined;
  /** Failures per account, from addresses and devices that have never signed in to it. */
  readonly soft: LimitPolicy | undefined;
}

/** What {@link loginGuard} is made of. */
export interface LoginLimitParts {
  readonly limits: Limits;
  readonly policies: LoginLimits;
  readonly devices: LoginDevices | undefined;
  /** True: every sign-in is remembered. False: only those whose answer leaves cookies anyway. */
  readonly rememberAll: boolean;
}

/** More marks than a sub-window each can be: what is marked is never full, and may make room for others in memory. */
const MARKS = 1000;
const MONTH_MS = 30 * 86_400_000;

/** Marks rather than a limit: permits are taken at sign-ins, and what is not back yet says that there was one. */
const KNOWN: LimitPolicy = {
  name: 'login-known',
  shared: true,
  rule: { kind: 'window', limit: MARKS, windowUs: MONTH_MS * 1000 },
  by: 'email',
  cost: 1,
  manner: { exact: true, onStoreFailure: 'local' },
};

/**
 * Makes the guard of sign-ins. All limits are one question: a refusal is charged to none of them. What a sign-in took is
 * given back when it succeeds, so that an office is limited by its mistakes only, or when nobody looked at the password.
 *
 * The soft limit slows a guess that comes from many addresses. It can't lock the owner out: an address or a device that
 * has signed in to the account before spends from a budget of its own. Whether the account exists changes nothing.
 */
export function loginGuard({ limits, policies, devices, rememberAll }: LoginLimitParts): BodyGuard {
  const bucketsOf = (policy: LimitPolicy | undefined): BucketsOf | undefined => policy && limits.bucketsOf(policy, '');
  const buckets = {
    login: bucketsOf(policies.login),
    address: bucketsOf(policies.address),
    soft: bucketsOf(policies.soft),
  };
  const known = limits.bucketsOf(KNOWN, '');
  /** Only the hard limits are shown: what the soft one has left would tell of other people's mistakes. */
  const fieldsOf = (hard: readonly Charge[]): PutLimitFields => {
    const put = limits.fieldsOf(hard);
    return (headers, states, refused) => put(headers, states.slice(0, hard.length), refused);
  };

  const markOf = (account: string, address: string, cost: number): Charge => ({
    policy: KNOWN,
    bucket: known.bucket(partitionText('known', account, address), cost),
  });
  /** For how long the address is still known, ms. Not by what remains: while the store is away that is a share only. */
  async function knownMs(account: string, address: string): Promise<number> {
    const { buckets } = await limits.ask([markOf(account, address, 0)]);
    return buckets[0]?.resetMs ?? 0;
  }
  function hardCharges(account: string | undefined, address: string, device: string | undefined): Charge[] {
    const charges: Charge[] = [];
    if (policies.login && buckets.login && account !== undefined) {
      const from = device === undefined ? [address] : ['device', device];
      charges.push({
        policy: policies.login,
        bucket: buckets.login.bucket(partitionText('pair', account, ...from), 1),
      });
      // it guesses at one account, from a budget of its own: whoever else is at its address can't lock it out
      if (device !== undefined) return charges;
    }
    if (policies.address && buckets.address)
      charges.push({ policy: policies.address, bucket: buckets.address.bucket(address, 1) });
    return charges;
  }

  return async (exchange) => {
    const { headers } = exchange.request;
    const address = limits.addressOf(exchange);
    const account = limits.emailOf(exchange, emailIn(exchange));
    const device = account === undefined ? undefined : devices?.known(headers, account);
    const hard = hardCharges(account, address, device);
    const charges = [...hard];
    let mark: Charge | undefined;
    if (account !== undefined && policies.soft && buckets.soft) {
      const forMs = await knownMs(account, address);
      const own = device === undefined ? (forMs > 0 ? ['address', address] : []) : ['device', device];
      charges.push({ policy: policies.soft, bucket: buckets.soft.bucket(partitionText('soft', account, ...own), 1) });
      // a month from the last sign-in, not from the first
      if (forMs < MONTH_MS) mark = markOf(account, address, 1);
    }
    if (charges.length === 0) return;
    const taken: Taken = { charges, answer: await limits.ask(charges) };
    limits.settle(exchange, taken, fieldsOf(hard));

    const signedIn = async (response: HttpResponse): Promise<HttpResponse> => {
      await Promise.allSettled([limits.giveBack(taken), mark && limits.ask([mark])]);
      const remembers = rememberAll || response.headers['set-cookie'] !== undefined;
      if (!devices || account === undefined || !remembers) return response;
      return { ...response, headers: withCookie(response.headers, devices.remember(headers, account)) };
    };
    return (response) => {
      if (response.status === 200) return signedIn(response);
      if (!isUnseen(response, exchange)) return response;
      return Promise.allSettled([limits.giveBack(taken)]).then(() => response);
    };
  };
}

function emailIn({ body: { value } }: BodyExchange): unknown {
  return typeof value === 'object' && value !== null && 'email' in value ? value.email : undefined;
}

function withCookie(headers: HttpResponse['headers'], cookie: string): HttpResponse['headers'] {
  const before = headers['set-cookie'] ?? [];
  return { ...headers, 'set-cookie': [...(typeof before === 'string' ? [before] : before), cookie] };
}
