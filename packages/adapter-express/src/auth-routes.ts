import { type Entry, takeSeat } from '@castellan/core/http';
import type { ExpressRequest, Middleware } from './middleware.ts';
import { requestBody } from './request-body.ts';
import { requestView } from './request-view.ts';
import type { GateSeat } from './seat.ts';
import { send } from './send.ts';

/**
 * Serves the library's endpoints under whatever prefix it is mounted. A path that is none of theirs goes on to the
 * app's own routes; a method that is none of a path's is 405.
 */
export function createAuthRoutes<P>(http: Entry<P>): Middleware {
  return (req, res, next) => {
    const [path = '/'] = (req.url ?? '/').split('?', 1);
    const match = http.match(req.method ?? 'GET', path);
    if (!match) {
      next();
      return;
    }
    const accept = 'endpoint' in match ? (match.endpoint.body ?? []) : [];
    const route = 'endpoint' in match ? ((req as ExpressRequest).baseUrl ?? '') + match.endpoint.path : undefined;
    const exchange = http.exchange(requestView(req, route));
    const seat: GateSeat = { exchange, passage: undefined, capture: undefined };
    takeSeat(req, seat);
    http
      .serve(match, exchange, () => requestBody(req, accept))
      .then((response) => send(req, res, exchange, response))
      .catch(next);
  };
}
