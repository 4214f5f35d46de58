import type { IncomingMessage } from 'node:http';
import { expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import { bodyOf, withBody } from './body-of.ts';
import type { EndpointCall } from './endpoint.ts';
import type { StandardSchemaV1 } from './standard-schema.ts';
import { validateBody, validateQuery } from './validate.ts';

declare const req: IncomingMessage;
declare const call: EndpointCall;
const Order = z.strictObject({ total: z.int(), at: z.string().transform((text) => new Date(text)) });
declare const other: StandardSchemaV1<string, { readonly words: readonly string[] }>;

test('a validated body has the type that its schema makes, of zod or of any other library', () => {
  expectTypeOf(bodyOf(req, Order)).toEqualTypeOf<{ total: number; at: Date }>();
  expectTypeOf(bodyOf({ raw: req }, other)).toEqualTypeOf<{ readonly words: readonly string[] }>();
  expectTypeOf(bodyOf(call, Order)).toEqualTypeOf<{ total: number; at: Date }>();
  expectTypeOf(validateBody(Order, {})).toEqualTypeOf<{ total: number; at: Date }>();
  expectTypeOf(validateBody(other, {})).toEqualTypeOf<{ readonly words: readonly string[] }>();
  expectTypeOf(validateQuery(z.object({ page: z.coerce.number() }), new URLSearchParams())).toEqualTypeOf<{
    page: number;
  }>();
});

test('what is no schema, or no body of it, does not compile', () => {
  // @ts-expect-error a schema, not an example
  bodyOf(req, { total: 1 });
  // @ts-expect-error a test's body has the shape of the schema's output
  withBody(req, Order, { total: 'three', at: new Date() });
});
