import { type Entry, Problem } from '../http/index.ts';
import type { Beginning } from './begin.ts';
import type { Framework } from './framework.ts';
import { gateSeatOf } from './gate-seat.ts';
import { forgetRepresentation } from './response-head.ts';
import { send } from './send.ts';

/** The end of an app: what was thrown, and what nobody answered. */
export interface Failures<C> {
  /**
   * Answers with a problem, on routes without a guard too. After the head of an answer was sent the line is cut, after
   * its end nothing is done.
   */
  fail(error: unknown, carrier: C): void;
  /** 404 for what no route has answered; a preflight gets its answer here too. */
  notFound(carrier: C): void;
}

/** Makes the end of an app. */
export function createFailures<C, P>(http: Entry<P>, framework: Framework<C>, beginning: Beginning<C>): Failures<C> {
  const fail = (error: unknown, carrier: C): void => {
    const request = framework.request(carrier);
    const response = framework.response(carrier);
    const exchange = beginning.forFailure(carrier);
    if (!exchange) return;
    const answer = http.problem(error, exchange); // also when it comes too late: it is reported
    const capture = gateSeatOf(request)?.capture;
    if (capture) capture.answer(answer);
    else if (!response.headersSent) {
      framework.release(carrier);
      forgetRepresentation(response);
      send(request, response, exchange, answer);
    } else if (!response.writableEnded) response.destroy();
  };
  return {
    fail,
    notFound(carrier) {
      const response = framework.response(carrier);
      const capture = gateSeatOf(framework.request(carrier))?.capture;
      // a handler that answers and lets the app go on has answered
      if (capture ? !capture.open : response.headersSent) return;
      try {
        if (beginning.meet(carrier)) fail(new Problem('not_found'), carrier);
      } catch (error) {
        fail(error, carrier);
      }
    },
  };
}
