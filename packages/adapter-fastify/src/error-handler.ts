import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';

type ErrorHandler = NonNullable<RouteOptions['errorHandler']>;

/**
 * A route's own error handler, of which what it throws on goes to `fail`: Fastify would ask the app's, and answer with
 * the message where there is none.
 */
export function passingOn(
  own: ErrorHandler,
  fail: (error: unknown, request: FastifyRequest, reply: FastifyReply) => void,
): ErrorHandler {
  return function errorHandler(error, request, reply) {
    const passOn = (thrown: unknown): void => fail(thrown, request, reply);
    try {
      const answer: unknown = own.call(this, error, request, reply);
      return answer instanceof Promise ? answer.catch(passOn) : answer;
    } catch (thrown) {
      return passOn(thrown);
    }
  };
}
