import type { CastellanEvents } from './castellan-events.ts';
import { type Events, type MonotonicClock, maskCredentials, type Origin } from './kernel/index.ts';
import {
  carefulLogger,
  checkLogger,
  createRequestLog,
  errorFields,
  type LogFields,
  type Logger,
  type RequestLog,
} from './logging/index.ts';

/** As many violations as one line tells: anybody may send reports. */
const VIOLATIONS = 3;

/** What {@link composeLogging} is made of. */
export interface LoggingParts {
  readonly logger: Logger | undefined;
  readonly events: Pick<Events<CastellanEvents>, 'on'>;
  readonly monotonic: MonotonicClock;
}

/**
 * Listens to what an operator wants to know, and makes the lines about requests. `undefined` without a logger.
 *
 * @throws TypeError when `options.logger` is no logger
 */
export function composeLogging({ logger, events, monotonic }: LoggingParts): RequestLog | undefined {
  if (logger === undefined) return undefined;
  checkLogger(logger);
  const log = carefulLogger(logger);
  events.on('store.unavailable', ({ error }) => log.error({ error: errorFields(error) }, 'store unavailable'));
  events.on('store.recovered', () => log.info({}, 'store recovered'));
  events.on('health.failed', ({ check, error }) =>
    log.error({ check, error: errorFields(error) }, 'health check failed'),
  );
  events.on('health.recovered', ({ check }) => log.info({ check }, 'health check recovered'));
  events.on('configuration.warning', ({ message }) => log.warn({}, message));
  events.on('listener.failed', ({ event, error }) =>
    log.error({ event, error: errorFields(error) }, 'a listener of the app failed'),
  );
  events.on('session.reuse_detected', (fact) =>
    log.warn({ ...sessionFields(fact), by: fact.by }, 'session reuse detected'),
  );
  events.on('session.sharing_suspected', (fact) => log.warn(sessionFields(fact), 'session sharing suspected'));
  events.on('session.ahead', (fact) =>
    log.error(sessionFields(fact), 'a token is newer than the store: it was restored from a backup'),
  );
  events.on('csp.reported', ({ count, violations, origin }) =>
    log.info({ ...requestIdOf(origin), count, violations: violations.slice(0, VIOLATIONS) }, 'csp violations reported'),
  );
  return createRequestLog(log, monotonic);
}

/** Who it was stays in the audit trail: under the same ids. */
function sessionFields({ sessionId, origin }: CastellanEvents['session.ahead']): LogFields {
  return { session_id: sessionId, ...requestIdOf(origin) };
}

/** A caller chooses its id: it may be a token. */
function requestIdOf({ requestId }: Origin): LogFields {
  return requestId === null ? {} : { request_id: maskCredentials(requestId) };
}
