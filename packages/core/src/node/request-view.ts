import type { IncomingMessage } from 'node:http';
import type { HttpRequest } from '../http/index.ts';
import type { MonotonicClock } from '../kernel/index.ts';
import type { Framework } from './framework.ts';

/**
 * A request as the core sees it, read when asked; `route` is the template when a policy names it, `arrivedAt` the moment
 * at which an earlier door met it.
 */
export type ViewRequest<C> = (carrier: C, route: string | undefined, arrivedAt?: number) => HttpRequest;

interface RequestView<C> extends HttpRequest {
  of: C;
  raw: IncomingMessage;
  named: string | undefined;
  arrivedAt: number;
}

/** Makes the views of a framework's requests, which arrive by `clock`. */
export function requestViews<C>(
  { request, target, route, ip }: Pick<Framework<C>, 'request' | 'target' | 'route' | 'ip'>,
  clock: MonotonicClock,
): ViewRequest<C> {
  // shared by all views: a request costs one object, and what no guard asks for is never worked out (`ip`)
  const view: Omit<RequestView<C>, 'of' | 'raw' | 'named' | 'arrivedAt'> & ThisType<RequestView<C>> = {
    get method() {
      return this.raw.method ?? 'GET';
    },
    get target() {
      return target(this.of);
    },
    get route() {
      return this.named ?? route(this.of);
    },
    get headers() {
      return this.raw.headers;
    },
    get ip() {
      return ip(this.of);
    },
    get gone() {
      return this.raw.socket.destroyed;
    },
  };
  return (carrier, named, arrivedAt = clock()) => {
    // assigned one by one: five times as fast as Object.assign or a literal with getters
    const made = Object.create(view) as RequestView<C>;
    made.of = carrier;
    made.raw = request(carrier);
    made.named = named;
    made.arrivedAt = arrivedAt;
    return made;
  };
}
