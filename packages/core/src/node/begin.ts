import { randomUUID } from 'node:crypto';
import { type Entry, type Exchange, givenRequestId, type HttpResponse } from '../http/index.ts';
import type { Framework } from './framework.ts';
import { type GateSeat, gateSeatOf, takeGateSeat } from './gate-seat.ts';
import { createTrustCheck } from './proxy-trust.ts';
import { putHeadersOf } from './put-headers.ts';
import { requestViews } from './request-view.ts';
import { send } from './send.ts';

/**
 * Meets a request: its exchange begins, somebody listens for its end, host and CORS have their say. Later doors go on
 * with the exchange that is there: one request, one id.
 */
export interface Beginning<C> {
  /** The exchange as this place sees it, or `undefined`: the front has answered. */
  meet(carrier: C, route?: string): GateSeat | undefined;
  /** Meets a request that may come to no door, and puts the headers of every exit on its answer. `false`: answered. */
  front(carrier: C): boolean;
  /**
   * The exchange for the answer to what failed, begun where no door was met; one of its own where none can begin (a
   * tenant that could not be told, say). `undefined`: the front has answered.
   */
  forFailure(carrier: C): Exchange | undefined;
}

/** Makes the beginning of requests. */
export function createBeginning<C, P>(http: Entry<P>, framework: Framework<C>): Beginning<C> {
  const { finished } = http;
  const view = requestViews(framework, http.turn);
  const putHeaders = putHeadersOf(framework);
  const checkTrust = createTrustCheck(framework, http.warn);

  const tellEnd = (carrier: C, first: GateSeat, tell: NonNullable<typeof finished>): void => {
    const request = framework.request(carrier);
    const response = framework.response(carrier);
    const end = (): void => {
      const last = gateSeatOf(request);
      const { exchange } = last?.entry === http ? last : first; // the last door's exchange knows the route
      // 499, as proxies log it: the client went away before there was an answer
      const status = response.headersSent ? response.statusCode : 499;
      tell(exchange, { status, aborted: !response.writableFinished });
    };
    if (response.closed) end();
    else response.once('close', end);
  };
  const sendPast = (carrier: C, exchange: Exchange, answer: HttpResponse): undefined => {
    framework.release(carrier);
    send(framework.request(carrier), framework.response(carrier), exchange, answer);
  };

  const meet: Beginning<C>['meet'] = (carrier, route) => {
    const request = framework.request(carrier);
    const met = gateSeatOf(request);
    // another Castellan's has asked neither our hosts nor our tenants
    if (met?.entry === http) {
      // the front's own seat, which no door has taken: nobody tells the two apart
      if (met.route === route && met.passage === undefined && met.capture === met.outer) return met;
      const { context, headers, request: earlier } = met.exchange;
      const exchange =
        met.route === route ? met.exchange : { request: view(carrier, route, earlier.arrivedAt), context, headers };
      return takeGateSeat(request, { entry: http, exchange, route, outer: met.capture, put: met.put });
    }
    const exchange = http.exchange(view(carrier, route));
    const seat = takeGateSeat(request, { entry: http, exchange, route, outer: met?.capture });
    checkTrust(carrier, request.headers);
    if (finished) tellEnd(carrier, seat, finished);
    const answer = http.front(seat.exchange);
    return answer ? sendPast(carrier, seat.exchange, answer) : seat;
  };

  return {
    meet,
    front(carrier) {
      const seat = meet(carrier);
      if (seat) putHeaders(carrier, seat);
      return seat !== undefined;
    },
    forFailure(carrier) {
      const seat = gateSeatOf(framework.request(carrier));
      if (seat) return seat.exchange;
      try {
        return meet(carrier)?.exchange;
      } catch {
        const request = view(carrier, undefined);
        const requestId = givenRequestId(request.headers) ?? randomUUID();
        return { request, context: { requestId, tenant: '' }, headers: { 'x-request-id': requestId } };
      }
    },
  };
}
