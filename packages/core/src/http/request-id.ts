import type { MakeId } from '../kernel/index.ts';
import type { Exchange, Headers, HttpRequest } from './exchange.ts';

/** Long enough to be unique, short enough to log, and nothing that could break a log line or a header. */
const WELL_FORMED = /^[\w.:-]{8,128}$/;

/** The request id that the caller or a proxy gave, when it is well-formed. */
export function givenRequestId(headers: HttpRequest['headers']): string | undefined {
  const given = headers['x-request-id'];
  return typeof given === 'string' && WELL_FORMED.test(given) ? given : undefined;
}

/** What {@link exchangeFactory} is made of. */
export interface ExchangeFactoryOptions {
  /** Makes the ids of requests that came without one. */
  readonly makeId: MakeId;
  /** The tenant of a request; default `''` for all. */
  readonly tenantOf?: ((request: HttpRequest) => string) | undefined;
  /** Leave on every exit besides. Default none. */
  readonly headers?: Headers | undefined;
}

/** Makes the function that begins an exchange: its context, and `x-request-id`, which leaves on every exit. */
export function exchangeFactory(options: ExchangeFactoryOptions): (request: HttpRequest) => Exchange {
  const { makeId, tenantOf, headers } = options;
  return (request) => {
    const requestId = givenRequestId(request.headers) ?? makeId(request.arrivedAt);
    const tenant = tenantOf ? tenantOf(request) : '';
    const leaving = headers ? { ...headers, 'x-request-id': requestId } : { 'x-request-id': requestId };
    return { request, context: { requestId, tenant, principal: undefined, countedTier: undefined }, headers: leaving };
  };
}
