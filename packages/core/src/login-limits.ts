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
import type { SignInMemory } from './sign-in-memory.ts';

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
  readonly memory: SignInMemory;
}

/**
 * Makes the guard of sign-ins. All limits are one question: a refusal is charged to none of them. What a sign-in took is
 * given back when it succeeds, so that an office is limited by its mistakes only, or when nobody looked at the password.
 *
 * The soft limit slows a guess that comes from many addresses. It can't lock the owner out: an address or a device that
 * has signed in to the account before spends from a budget of its own. Whether the account exists changes nothing.
 */
export function loginGuard({ limits, policies, memory }: LoginLimitParts): BodyGuard {
  const bucketsOf = (policy: LimitPolicy | undefined): BucketsOf | undefined => policy && limits.bucketsOf(policy, '');
  const buckets = {
    login: bucketsOf(policies.login),
    address: bucketsOf(policies.address),
    soft: bucketsOf(policies.soft),
  };
  /** Only the hard limits are shown: what the soft one has left would tell of other people's mistakes. */
  const fieldsOf = (hard: readonly Charge[]): PutLimitFields => {
    const put = limits.fieldsOf(hard);
    return (headers, states, refused) => put(headers, states.slice(0, hard.length), refused);
  };

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
    const address = limits.addressOf(exchange);
    const account = limits.emailOf(exchange, emailIn(exchange));
    const device = account === undefined ? undefined : memory.deviceOf(exchange, account);
    const hard = hardCharges(account, address, device);
    const charges = [...hard];
    let knownMs: number | undefined;
    if (account !== undefined && policies.soft && buckets.soft) {
      knownMs = await memory.knownMs(account, address);
      const own = device === undefined ? (knownMs > 0 ? ['address', address] : []) : ['device', device];
      charges.push({ policy: policies.soft, bucket: buckets.soft.bucket(partitionText('soft', account, ...own), 1) });
    }
    if (charges.length === 0) return;
    const taken: Taken = { charges, askedAt: limits.clock(), answer: await limits.ask(charges) };
    limits.settle(exchange, taken, fieldsOf(hard));

    const signedIn = async (response: HttpResponse): Promise<HttpResponse> => {
      await Promise.allSettled([limits.giveBack(taken)]);
      return account === undefined ? response : memory.remember(exchange, response, { account, address, knownMs });
    };
    return (response) => {
      if (response.status === 200) return signedIn(response);
      if (!isUnseen(response, exchange)) return response;
      return Promise.allSettled([limits.giveBack(taken)]).then(() => response);
    };
  };
}

/**
 * Remembers from where an account was made: who registers is signed in, and must not be locked out there either.
 */
export function registeredGuard({ limits, policies, memory }: LoginLimitParts): BodyGuard {
  return (exchange) => {
    const account = limits.emailOf(exchange, emailIn(exchange));
    if (account === undefined) return;
    const who = { account, address: limits.addressOf(exchange), knownMs: policies.soft && 0 };
    return (response) => (response.status === 201 ? memory.remember(exchange, response, who) : response);
  };
}

function emailIn({ body: { value } }: BodyExchange): unknown {
  return typeof value === 'object' && value !== null && 'email' in value ? value.email : undefined;
}
