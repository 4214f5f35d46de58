import type { Exchange, Finish } from '../http/index.ts';
import { type MonotonicClock, maskCredentials } from '../kernel/index.ts';
import { errorFields } from './error-fields.ts';
import type { LogFields, Logger } from './logger.ts';
import { secretsOf } from './mask.ts';

/** What is written about requests. */
export interface RequestLog {
  /** One line when an answer has left or its line was cut. */
  readonly finished: (exchange: Exchange, outcome: Finish) => void;
  /** One line for what was answered as 500 `internal`, with its stack. */
  readonly failed: (exchange: Exchange, error: unknown) => void;
}

/** As much of a path as a line tells. */
const PATH_LENGTH = 1_024;

/** RFC 9112 section 3.2.2: the whole URL may stand there, with somebody's password in it. */
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * Makes the lines about requests. They say nothing of the person: no address, no user agent, no subject. The audit
 * trail has those, under the same request id.
 */
export function createRequestLog(logger: Logger, monotonic: MonotonicClock): RequestLog {
  return {
    finished(exchange, { status, aborted }) {
      const fields = {
        ...requestFields(exchange),
        status,
        latency_ms: Math.max(0, Math.round((monotonic() - exchange.request.arrivedAt) * 10) / 10),
        ...(aborted && { aborted }),
      };
      if (status >= 500) logger.error(fields, 'request');
      else logger.info(fields, 'request');
    },
    failed(exchange, error) {
      logger.error(
        { ...requestFields(exchange), error: errorFields(error, secretsOf(exchange.request)) },
        'request failed',
      );
    },
  };
}

function requestFields({ request: { method, target, route }, context }: Exchange): LogFields {
  return {
    // a caller chooses its id: it may be a token
    request_id: maskCredentials(context.requestId),
    method,
    path: loggedPath(target),
    ...(route !== undefined && { route }),
  };
}

/** The path as it was sent, without what no log should hold. */
function loggedPath(target: string): string {
  const [path = ''] = (target.startsWith('/') ? target : target.replace(AUTHORITY, '')).split(/[?#]/, 1);
  return maskCredentials(path.slice(0, PATH_LENGTH * 2)).slice(0, PATH_LENGTH);
}
