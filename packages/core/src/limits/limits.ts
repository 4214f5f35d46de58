import { callerNetwork, type Exchange, originOf } from '../http/index.ts';
import { type Clock, StoreUnavailableError } from '../kernel/index.ts';
import { type BoundedCache, boundedCache } from './bounded-cache.ts';
import type { TellLimit } from './limit-events.ts';
import { type LimitHeaderOptions, limitFields, type PutLimitFields } from './limit-fields.ts';
import { type BucketsOf, createLimitKeys, type LimitMac, partitionText, principalText } from './limit-keys.ts';
import type { LimitPolicy } from './limit-policy.ts';
import { costNotChargeable, rateLimited } from './limit-problems.ts';
import { limitOf } from './limit-rule.ts';
import type { BucketState, LimitAnswer, LimitBucket, LimitStore } from './limit-store.ts';
import type { DistributedLimits } from './speeds/distributed-limits.ts';
import type { StoreFailure } from './speeds/fallback.ts';
import { type RecurringCheck, type RecurringStore, recurringCheck } from './speeds/recurring-check.ts';
import { type Charge, stillTaken, type Taken } from './taken.ts';

/** What {@link createLimits} is made of. */
export interface LimitsParts {
  readonly store: LimitStore & Partial<Pick<DistributedLimits, 'variant' | 'decide'>>;
  /** Keys of the store are HMACs under it. */
  readonly mac: LimitMac;
  readonly clock: Clock;
  /** What an e-mail address is counted as, the same as accounts are looked up by; `undefined`: it is none. */
  readonly normaliseEmail: (typed: string) => string | undefined;
  readonly headers?: LimitHeaderOptions;
  /** Bits of an IPv6 address that make a caller. Default 56. */
  readonly ipv6PrefixBits?: number;
  readonly tell?: TellLimit;
  /** What becomes of limits that don't say it when the store is away. Default `local`. */
  readonly onStoreFailure?: StoreFailure | undefined;
}

/**
 * What a caller who comes again and again is charged, and what is asked about it: one object, as each that has to be
 * looked at is one more that is no longer in the processor's cache.
 */
export interface RecurringCharges extends RecurringCheck {
  readonly charges: readonly Charge[];
  readonly store: LimitStore & Partial<RecurringStore>;
  /** Whom a text tells: the limits that these are charges of. */
  readonly of: object | undefined;
  readonly tenant: string;
  /** What the same text is charged elsewhere. */
  readonly next: RecurringCharges | undefined;
}

/** Callers of whom nobody knows more than a text. About 500 bytes each and for each of its routes. */
const KEPT = 20_000;

/** Counts requests against limits. */
export interface Limits {
  /** Where a limit's buckets are made. `scope`: what an unnamed one belongs to. */
  bucketsOf(policy: LimitPolicy, scope: string): BucketsOf;
  /** Who a limit counts, of this request; `undefined`: it does not count here. */
  partitionOf(policy: Pick<LimitPolicy, 'by'>, exchange: Exchange, body?: unknown): string | undefined;
  /** @throws Problem `cost_not_chargeable` */
  costOf(policy: LimitPolicy, exchange: Exchange): number;
  /**
   * Asks the store, and charges all or nothing.
   * @throws StoreUnavailableError when the store is away and one of the limits says `deny`
   */
  ask(charges: readonly Charge[]): LimitAnswer | Promise<LimitAnswer>;
  /** The same, told at once where the store answers at once. */
  askThen<R>(charges: readonly Charge[], told: (answer: LimitAnswer) => R | Promise<R>): R | Promise<R>;
  /** By text, for all routes together: callers choose such texts, an address for instance. */
  readonly kept: BoundedCache<RecurringCharges>;
  /** For {@link Limits.askAgain}. */
  recurring(charges: readonly Charge[], elsewhere?: Pick<RecurringCharges, 'of' | 'tenant' | 'next'>): RecurringCharges;
  /** As {@link Limits.ask}, but that an answer nobody could give is told from others when it is settled. */
  askAgain(caller: RecurringCharges): LimitAnswer | Promise<LimitAnswer>;
  /**
   * Writes headers; a refusal is told and thrown.
   * @throws StoreUnavailableError as {@link Limits.ask}
   */
  settle(exchange: Exchange, taken: Pick<Taken, 'charges' | 'answer'>, put?: PutLimitFields): void;
  fieldsOf(charges: readonly Pick<Charge, 'policy'>[]): PutLimitFields;
  /** What has not come back by itself since it was asked for. */
  giveBack(taken: Taken): void | Promise<void>;
  readonly clock: Clock;
  /** The caller's network, as one partition. */
  addressOf(exchange: Exchange): string;
  /** An account's partition, whether or not there is such an account; `undefined`: the text is no address of mail. */
  emailOf(exchange: Exchange, typed: unknown): string | undefined;
}

/**
 * Makes the counting. Synchronous when the store is.
 */
export function createLimits(parts: LimitsParts): Limits {
  const { store, clock, headers = {}, ipv6PrefixBits = 56, normaliseEmail, tell = () => undefined } = parts;
  const keys = createLimitKeys(parts.mac);
  const storeFor = storesByManner(store, parts.onStoreFailure ?? 'local');

  const addressOf: Limits['addressOf'] = ({ request }) =>
    partitionText('ip', callerNetwork(request.ip, ipv6PrefixBits) ?? '');
  const emailOf: Limits['emailOf'] = ({ context }, typed) => {
    const email = typeof typed === 'string' ? normaliseEmail(typed) : undefined;
    return email === undefined ? undefined : partitionText('email', context.tenant, email);
  };
  const fieldsOf: Limits['fieldsOf'] = (charges) =>
    limitFields(
      charges.map(({ policy }) => policy),
      headers,
      clock,
    );

  function settle(
    exchange: Exchange,
    { charges, answer }: Pick<Taken, 'charges' | 'answer'>,
    put = fieldsOf(charges),
  ): void {
    const refused = answer.granted < 1;
    if (refused) assertDecided(answer);
    put(exchange.headers, answer.buckets, refused);
    if (!refused) return;
    const violated = charges
      .map(({ policy }, at) => ({ name: policy.name, state: answer.buckets[at] as BucketState }))
      .filter(({ state }) => state.retryMs > 0);
    const names = violated.map(({ name }) => name);
    const { principal, tenant } = exchange.context;
    tell('limit.exceeded', {
      limits: names,
      tenant,
      subject: principal?.subject ?? null,
      route: exchange.request.route ?? null,
      origin: originOf(exchange),
    });
    throw rateLimited(
      names,
      violated.map(({ state }) => state),
    );
  }

  function askThen<R>(charges: readonly Charge[], told: (answer: LimitAnswer) => R | Promise<R>): R | Promise<R> {
    const answers = storeFor(charges).consume([{ buckets: charges.map(bucketOf), times: 1 }]);
    // one promise and not two: a caller who is new waits for Redis, and so do most of those who come seldom
    return answers instanceof Promise ? answers.then<R>((late) => told(only(late))) : told(only(answers));
  }

  return {
    bucketsOf: (policy, scope) => keys.of(policy, policy.shared ? '' : scope),
    partitionOf({ by }, exchange, body) {
      const { principal, tenant } = exchange.context;
      switch (by) {
        case 'subject':
          return principal ? principalText(principal) : addressOf(exchange);
        case 'ip':
          return addressOf(exchange);
        case 'route':
          return partitionText('route', tenant);
        case 'email':
          return emailOf(exchange, typeof body === 'object' && body !== null && 'email' in body && body.email);
        default: {
          const own = by(exchange);
          return own === undefined ? undefined : partitionText('own', tenant, own);
        }
      }
    },
    costOf({ cost, rule }, exchange) {
      if (typeof cost === 'number') return cost;
      const asked = cost(exchange);
      const limit = limitOf(rule);
      if (!(Number.isInteger(asked) && asked >= 0))
        throw costNotChargeable('The request costs no whole number of permits.');
      if (asked > limit)
        throw costNotChargeable(`The request costs ${asked} permits, and no more than ${limit} are ever there.`);
      return asked;
    },
    ask: (charges) => askThen<LimitAnswer>(charges, same),
    askThen,
    kept: boundedCache(KEPT),
    recurring(charges, elsewhere = { of: undefined, tenant: '', next: undefined }) {
      const { buckets, times, signature, number, line } = recurringCheck(charges.map(bucketOf), 1);
      const { of, tenant, next } = elsewhere;
      return { buckets, times, signature, number, line, charges, store: storeFor(charges), of, tenant, next };
    },
    askAgain(caller) {
      const { store: asked } = caller;
      if (asked.decide) return asked.decide(caller);
      const answers = asked.consume([caller]);
      return answers instanceof Promise ? answers.then(first) : first(answers);
    },
    settle,
    fieldsOf,
    giveBack: (taken) => storeFor(taken.charges).giveBack([stillTaken(taken, clock() - taken.askedAt)]),
    clock,
    addressOf,
    emailOf,
  };
}

const bucketOf = ({ bucket }: Charge): LimitBucket => bucket;
const same = (answer: LimitAnswer): LimitAnswer => answer;

/** Ways of a store that is away, the most careful first. */
const WAYS: readonly StoreFailure[] = ['deny', 'local', 'allow'];

/** Several limits of one request are one question: as exact as the most exact, as careful as the most careful. */
function storesByManner(
  store: LimitsParts['store'],
  usually: StoreFailure,
): (charges: readonly Charge[]) => RecurringCharges['store'] {
  if (!store.variant) return () => store;
  const variant = store.variant;
  const exact: RecurringStore[] = [];
  const leased: RecurringStore[] = [];
  return (charges) => {
    let isExact = false;
    let rank: number = WAYS.length;
    for (const { policy } of charges) {
      if (policy.manner.exact === true) isExact = true;
      const own = WAYS.indexOf(policy.manner.onStoreFailure ?? usually);
      if (own < rank) rank = own;
    }
    const known = isExact ? exact : leased;
    const onStoreFailure = WAYS[rank];
    const found = known[rank] ?? variant({ leases: !isExact, ...(onStoreFailure && { onStoreFailure }) });
    known[rank] = found;
    return found;
  };
}

function first(answers: readonly LimitAnswer[]): LimitAnswer {
  const answer = answers[0];
  if (!answer) throw new TypeError('the limit store has answered nothing');
  return answer;
}

function only(answers: readonly LimitAnswer[]): LimitAnswer {
  const answer = first(answers);
  assertDecided(answer);
  return answer;
}

/** What no store has decided says 0. */
function assertDecided({ at, granted }: LimitAnswer): void {
  if (at === 0 && granted === 0) throw new StoreUnavailableError('limits', 'no answer in time');
}
