import type { Exchange } from './exchange.ts';
import { type Carrier, rawOf, seatForTest, seatOf } from './seat.ts';
import type { InferOutput, StandardSchemaV1 } from './standard-schema.ts';

/**
 * The body of a request, as the schema of its route's policy has made it.
 *
 * @param from the framework's request, or an endpoint's call
 * @param schema the very schema that the policy has: `guard({ body: schema })`
 * @throws TypeError when no guard of this request has validated with that schema
 */
export function bodyOf<S extends StandardSchemaV1>(from: Carrier | Exchange, schema: S): InferOutput<S> {
  const exchange = isExchange(from) ? from : seatOf(from)?.exchange;
  const validated = exchange?.context.validated;
  if (validated?.has(schema)) return validated.get(schema) as InferOutput<S>;
  throw new TypeError(
    `bodyOf: ${nameOf(from)} was not validated with this schema. Put guard({ body: schema }) before the handler, with the very same schema; in a unit test withBody(req, schema, value) gives one.`,
  );
}

/**
 * Seats a validated body on a request without any guard: for unit tests of handlers. Goes together with
 * `withPrincipal`, in any order.
 *
 * @returns the request that was given
 */
export function withBody<C extends Carrier, S extends StandardSchemaV1>(
  carrier: C,
  schema: S,
  value: InferOutput<S>,
): C {
  const { context } = seatForTest(carrier);
  context.validated = new Map([...(context.validated ?? []), [schema, value]]);
  return carrier;
}

/** As an exchange is told from Koa's context, which has a `request` too. */
function isExchange(from: Carrier | Exchange): from is Exchange {
  return 'context' in from && 'request' in from;
}

/** Without the query, which may hold what no log should. */
function nameOf(from: Carrier | Exchange): string {
  const { method, target } = isExchange(from) ? from.request : { method: rawOf(from).method, target: rawOf(from).url };
  return `${method ?? 'this request'} ${target?.split('?', 1)[0] ?? ''}`;
}
