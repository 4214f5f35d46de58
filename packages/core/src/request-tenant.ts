import { type Carrier, type HttpRequest, seatOf } from './http/index.ts';
import { checkTenant } from './sessions/index.ts';

/** Which tenant a request belongs to. */
export interface RequestTenant {
  /** @throws TypeError when the app's `tenantOf` gives no tenant */
  of(request: HttpRequest): string;
  /**
   * Of a request that a framework is handling.
   * @throws TypeError when only a guard could have told it, and the request met none
   */
  ofCarrier(from: Carrier): string;
}

/** Makes it of the app's own rule; without one every request belongs to `''`. */
export function requestTenant(tenantOf: ((request: HttpRequest) => string) | undefined): RequestTenant {
  return {
    of(request) {
      const tenant = tenantOf ? tenantOf(request) : '';
      checkTenant(tenant, 'the answer of options.tenantOf');
      return tenant;
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
