import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Entry, type Exchange, givenRequestId, type HttpResponse, Problem } from '@castellan/core/http';
import type { ErrorMiddleware, Middleware } from './middleware.ts';
import { requestView } from './request-view.ts';
import { forgetRepresentation } from './response-head.ts';
import { gateSeatOf } from './seat.ts';
import { send } from './send.ts';

/** What `app.use(problems)` takes: what no route answered is 404, what was thrown is a problem. */
export type Problems = [notFound: Middleware, failed: ErrorMiddleware];

/**
 * Makes the end of an app: every error that reaches it leaves as `application/problem+json`, on routes without a guard
 * too. After the head of an answer was sent the line is cut, after its end nothing is done.
 */
export function createProblems<P>(http: Entry<P>): Problems {
  const fail = (error: unknown, req: IncomingMessage, res: ServerResponse): void => {
    const seat = gateSeatOf(req);
    const exchange = seat?.exchange ?? begin(http, req);
    const response: HttpResponse = http.problem(error, exchange); // also of an answer that comes too late: it is reported
    if (seat?.capture) seat.capture.answer(response);
    else if (!res.headersSent) {
      forgetRepresentation(res);
      send(req, res, exchange, response);
    } else if (!res.writableEnded) res.destroy();
  };
  const notFound: Middleware = (req, res) => {
    const capture = gateSeatOf(req)?.capture;
    // a handler that answers and calls next() has answered
    if (capture ? capture.open : !res.headersSent) fail(new Problem('not_found'), req, res);
  };
  // four parameters: Express counts them
  const failed: ErrorMiddleware = (error, req, res, _next) => fail(error, req, res);
  return [notFound, failed];
}

/** An exchange for the answer, also where it was the beginning that failed: a tenant that could not be told, say. */
function begin<P>(http: Entry<P>, req: IncomingMessage): Exchange {
  const request = requestView(req);
  try {
    return http.exchange(request);
  } catch {
    const requestId = givenRequestId(req.headers) ?? randomUUID();
    return { request, context: { requestId, tenant: '' }, headers: { 'x-request-id': requestId } };
  }
}
