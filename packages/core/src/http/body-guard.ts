import type { BodyExchange, RequestBody } from './exchange.ts';
import type { BodyGuard } from './guard.ts';
import { type BodyKind, bodyKind, parseBody } from './parse-body.ts';
import { announcesBody } from './read-body.ts';
import type { StandardSchemaV1 } from './standard-schema.ts';
import { validateBodyLater } from './validate.ts';

/** Body types of a route whose policy has a `body`. */
export const POLICY_BODIES: readonly BodyKind[] = ['json'];

/**
 * Makes the guard that lets only bodies in the shape of a schema pass, and keeps what the schema made of them for
 * `bodyOf`. Synchronous when the schema is.
 *
 * @throws Problem from the guard: `unsupported_media_type`, `malformed_body`, `validation_failed`
 */
export function bodyGuard(schema: StandardSchemaV1): BodyGuard {
  return (exchange) => {
    const keep = (value: unknown): void => {
      const { context } = exchange;
      context.validated = new Map([...(context.validated ?? []), [schema, value]]);
    };
    const value = validateBodyLater(schema, readable(exchange));
    if (value instanceof Promise) return value.then(keep);
    keep(value);
  };
}

/**
 * The body as one that was read by our own rules: whatever parser ran before, another type is 415, and bytes and texts
 * are parsed strictly.
 */
function readable({ request, body }: BodyExchange): RequestBody {
  if (!announcesBody(request)) return body;
  const kind = bodyKind(request.headers, POLICY_BODIES);
  const { value, raw } = body;
  if (value instanceof Uint8Array) return parseBody(value, kind);
  // of a text parser; what we have read ourselves has its bytes beside it
  if (typeof value === 'string' && raw === undefined) return parseBody(Buffer.from(value), kind);
  if (value === undefined && raw === undefined)
    // an empty object in its place would tell the caller that fields are missing which were sent
    throw new TypeError(
      `${request.method} ${request.route ?? request.target.split('?', 1)[0]}: the policy has a body schema, but what has read the body before the guard left nothing of it`,
    );
  return body;
}
