import type { IncomingMessage } from 'node:http';
import type { Passage } from './entry.ts';
import type { Exchange, Principal } from './exchange.ts';

/** What the library knows of a request that a framework is handling. */
export interface Seat {
  readonly exchange: Exchange;
  /** `undefined` for a mounted endpoint, which is served whole, and in tests. */
  readonly passage: Passage | undefined;
}

/** A request as any framework hands it out: Node's own, Fastify's (`raw`), Koa's context (`req`). */
export type Carrier = IncomingMessage | { readonly raw: IncomingMessage } | { readonly req: IncomingMessage };

/**
 * In the registry, so that an adapter and an app with two copies of this module still find each other. On the request
 * itself: a WeakMap costs 500 ns per request.
 */
const SEAT = Symbol.for('castellan.seat');
type Seated = { [SEAT]?: Seat };

/** Hangs a seat on a raw request; a later guard's takes the place of an earlier one's. For adapters. */
export function takeSeat<S extends Seat>(raw: IncomingMessage, seat: S): S {
  (raw as Seated)[SEAT] = seat;
  return seat;
}

/** The seat of a request, `undefined` when it met no guard. For adapters. */
export function seatOf(carrier: Carrier): Seat | undefined {
  return (carrier as Seated)[SEAT] ?? (rawOf(carrier) as Seated)[SEAT];
}

/** The seat of Node's own request: for adapters that have it at hand, at each request. */
export function seatOfRaw(raw: IncomingMessage): Seat | undefined {
  return (raw as Seated)[SEAT];
}

/** Node's request inside a framework's. */
export function rawOf(carrier: Carrier): IncomingMessage {
  if (SEAT in carrier) return carrier as IncomingMessage;
  if ('raw' in carrier) return carrier.raw;
  return 'req' in carrier ? carrier.req : carrier;
}

/**
 * The authenticated caller of a request.
 *
 * @throws TypeError on a route that has none: it has no guard, its policy is public, or the guard has not run yet
 */
export function principalOf(carrier: Carrier): Principal {
  const principal = seatOf(carrier)?.exchange.context.principal;
  if (principal) return principal;
  const { method, url } = rawOf(carrier);
  throw new TypeError(
    `principalOf: ${method ?? 'this request'} ${url?.split('?', 1)[0] ?? ''} has no principal. Put guard() before the handler; a route with { public: true } has no principal, and in a unit test withPrincipal(req, …) gives one.`,
  );
}

/**
 * Seats a caller on a request without any guard: for unit tests of handlers.
 *
 * @returns the request that was given
 */
export function withPrincipal<C extends Carrier>(
  carrier: C,
  principal: Partial<Principal> & Pick<Principal, 'subject'>,
): C {
  const { tenant = '', sessionId = 'test', scopes = new Set<string>(), tier = '', claims = {}, subject } = principal;
  const { context } = seatForTest(carrier);
  context.tenant = tenant;
  context.principal = { subject, tenant, sessionId, scopes, tier, claims };
  return carrier;
}

/** The exchange of a request that met no guard, made when it isn't there: for unit tests of handlers. */
export function seatForTest(carrier: Carrier): Exchange {
  const seated = seatOf(carrier);
  if (seated) return seated.exchange;
  const raw = rawOf(carrier);
  const exchange: Exchange = {
    request: {
      method: raw.method ?? 'GET',
      target: raw.url ?? '/',
      route: undefined,
      headers: raw.headers ?? {},
      ip: raw.socket?.remoteAddress ?? '',
      arrivedAt: 0,
      gone: false,
    },
    context: { requestId: 'test', tenant: '' },
    headers: {},
  };
  return takeSeat(raw, { passage: undefined, exchange }).exchange;
}
