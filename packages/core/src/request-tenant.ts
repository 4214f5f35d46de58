import { type Carrier, type Entry, type HttpRequest, seatOf, type ToProblem } from './http/index.ts';
import { checkTenant } from './sessions/index.ts';

/** Which tenant a request belongs to. */
export interface RequestTenant {
  /**
   * The front, and behind it the tenant of what it lets pass: a request to a host that isn't ours has none. What the
   * app's `tenantOf` throws, and an answer of it that is no tenant, leave as a problem.
   */
  behind(front: Front, problem: ToProblem): Front;
  /**
   * Of a request that a framework is handling.
   * @throws TypeError when only a guard could have told it, and the request met none
   */
  ofCarrier(from: Carrier): string;
}

type Front = Entry<unknown>['front'];

/** Makes it of the app's own rule; without one every request belongs to `''`. */
export function requestTenant(tenantOf: ((request: HttpRequest) => string) | undefined): RequestTenant {
  return {
    behind(front, problem) {
      if (!tenantOf) return front;
      return (exchange) => {
        const answer = front(exchange);
        if (answer) return answer;
        try {
          const tenant = tenantOf(exchange.request);
          checkTenant(tenant, 'the answer of options.tenantOf');
          exchange.context.tenant = tenant;
          return undefined;
        } catch (error) {
          return problem(error, exchange);
        }
      };
    },
    ofCarrier(from) {
      const tenant = seatOf(from)?.exchange.context.tenant;
      if (tenant === undefined && tenantOf)
        throw new TypeError(
          'sessions.start: options.tenantOf is set, but this request has met no guard: put guard({ public: true }) before the handler, or give the tenant',
        );
      return tenant ?? '';
    },
  };
}
