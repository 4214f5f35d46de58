import {
  type Carrier,
  type CompiledPolicy,
  type Endpoint,
  type Entry,
  type Exchange,
  type HttpRequest,
  openPassage,
  seatOf,
  type ToProblem,
} from './http/index.ts';
import { checkTenant } from './sessions/index.ts';

type Http = Entry<unknown>;

/**
 * Which tenant a request belongs to. One that could not be told is refused where it would count, at guards and
 * endpoints: a probe of health belongs to nobody, and comes without the host or header that an app goes by.
 */
export interface RequestTenant {
  /** The front, and behind it the tenant of what it lets pass: a request to a host that isn't ours has none. */
  behind(front: Http['front']): Http['front'];
  /** What the app's `tenantOf` has thrown, and an answer of it that is no tenant, is the refusal of every passage. */
  open(problem: ToProblem): Http['open'];
  /** The same for mounted endpoints, except `free` ones. */
  before(serve: Http['serve'], problem: ToProblem, free: readonly Endpoint[]): Http['serve'];
  /**
   * Of a request that a framework is handling.
   * @throws what `tenantOf` has thrown; TypeError when only a guard could have told it, and the request met none
   */
  ofCarrier(from: Carrier): string;
}

/** Makes it of the app's own rule; without one every request belongs to `''`. */
export function requestTenant(tenantOf: ((request: HttpRequest) => string) | undefined): RequestTenant {
  /** Why it could not be told. */
  const failures = new WeakMap<Exchange['context'], { readonly error: unknown }>();
  const demand = ({ context }: Pick<Exchange, 'context'>): void => {
    const failure = failures.get(context);
    if (failure) throw failure.error;
  };
  const refusing: CompiledPolicy = { head: [demand], body: [], route: undefined };

  return {
    behind(front) {
      if (!tenantOf) return front;
      return (exchange) => {
        const answer = front(exchange);
        if (answer) return answer;
        try {
          const tenant = tenantOf(exchange.request);
          checkTenant(tenant, 'the answer of options.tenantOf');
          exchange.context.tenant = tenant;
        } catch (error) {
          failures.set(exchange.context, { error });
        }
        return undefined;
      };
    },
    open(problem) {
      if (!tenantOf) return (policy, exchange) => openPassage(policy, exchange, problem);
      return (policy, exchange) => openPassage(failures.has(exchange.context) ? refusing : policy, exchange, problem);
    },
    before(serve, problem, free) {
      if (!tenantOf) return serve;
      return async (match, exchange, readBody) => {
        const failure = failures.get(exchange.context);
        const isFree = 'allow' in match || free.includes(match.endpoint);
        return failure && !isFree ? problem(failure.error, exchange) : serve(match, exchange, readBody);
      };
    },
    ofCarrier(from) {
      const seat = seatOf(from);
      if (seat) demand(seat.exchange);
      const tenant = seat?.exchange.context.tenant;
      if (tenant === undefined && tenantOf)
        throw new TypeError(
          'sessions.start: options.tenantOf is set, but this request has met no guard: put guard({ public: true }) before the handler, or give the tenant',
        );
      return tenant ?? '';
    },
  };
}
