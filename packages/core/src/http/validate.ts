import type * as z from 'zod';
import type { RequestBody } from './exchange.ts';
import { fieldFaults, foreignFaults } from './field-faults.ts';
import { type FieldFault, Problem } from './problem.ts';
import type { InferOutput, StandardIssue, StandardResult, StandardSchemaV1 } from './standard-schema.ts';
import { isUnsafe, MAX_FAULTS, unsafeTexts } from './unsafe-text.ts';

/** Characters that the faults of one answer have together, unless the first alone has more. */
const MAX_TEXT = 8_192;

/**
 * A request body in the shape of a schema. No body at all counts as an empty object, so that what is missing is named
 * field by field. Use `z.strictObject`: unknown members are refused, each with its own pointer.
 *
 * @param schema of zod 4, or of any other library that speaks Standard Schema; one that answers at once
 * @param body as an endpoint gets it, or the parsed value (`req.body`)
 * @throws Problem `validation_failed` with `fields`; their pointers are JSON Pointers into the body (RFC 6901)
 * @throws TypeError when the schema is asynchronous: those are for a policy's `body`
 */
export function validateBody<S extends StandardSchemaV1>(schema: S, body: unknown): InferOutput<S> {
  const value = safeValue(body);
  return accepted(schema, validateNow(schema, value), value);
}

/**
 * The same for schemas that may be asynchronous. Synchronous when the schema is.
 *
 * @throws Problem `validation_failed`, or rejects with it
 */
export function validateBodyLater<S extends StandardSchemaV1>(
  schema: S,
  body: unknown,
): InferOutput<S> | Promise<InferOutput<S>> {
  const value = safeValue(body);
  const result = schema['~standard'].validate(value);
  return isPromise(result)
    ? Promise.resolve(result).then((late) => accepted(schema, late, value))
    : accepted(schema, result, value);
}

/**
 * Query parameters in the shape of a schema; values are texts, so numbers need `z.coerce`. A parameter that is given
 * twice is refused: two readers would take two different ones.
 *
 * @throws Problem `validation_failed` with `fields`; their pointers are the parameters' names
 * @throws TypeError when the schema is asynchronous
 */
export function validateQuery<S extends StandardSchemaV1>(schema: S, query: URLSearchParams): InferOutput<S> {
  const faults: FieldFault[] = [];
  const values = new Map<string, string>();
  for (const [name, value] of query) {
    if (values.has(name)) faults.push({ pointer: name, code: 'repeated', detail: 'is given more than once' });
    else if (isUnsafe(name) || isUnsafe(value))
      faults.push({ pointer: name, code: 'invalid_character', detail: 'must not hold NUL' });
    values.set(name, value);
  }
  if (faults.length > 0) throw failed(faults);
  const parameters = Object.fromEntries(values);
  const result = validateNow(schema, parameters);
  if (result.issues === undefined) return result.value;
  throw failed(
    faultsOf(schema, result.issues, parameters).map((fault) => ({ ...fault, pointer: plain(fault.pointer) })),
  );
}

/** What the schema is shown: no text in it is one that a store can't keep. */
function safeValue(body: unknown): unknown {
  const given = isRequestBody(body) ? body.value : body;
  const value = given === undefined ? {} : given;
  const unsafe = unsafeTexts(value);
  if (unsafe.length > 0) throw failed(unsafe);
  return value;
}

function validateNow<S extends StandardSchemaV1>(schema: S, value: unknown): StandardResult<InferOutput<S>> {
  if (isZod(schema)) {
    // the standard's way would answer a rule that throws by running everything again, asynchronously
    const result = schema.safeParse(value);
    return result.success ? { value: result.data } : { issues: result.error.issues };
  }
  const result = schema['~standard'].validate(value);
  if (!isPromise(result)) return result;
  Promise.resolve(result).catch(() => {}); // nobody waits for it
  throw new TypeError('this schema is asynchronous: give it to a policy, guard({ body: schema }), and read bodyOf(…)');
}

function accepted<S extends StandardSchemaV1>(
  schema: S,
  result: StandardResult<unknown>,
  value: unknown,
): InferOutput<S> {
  if (result.issues === undefined) return result.value as InferOutput<S>;
  throw failed(faultsOf(schema, result.issues, value));
}

function faultsOf(schema: StandardSchemaV1, issues: readonly StandardIssue[], value: unknown): readonly FieldFault[] {
  return isZod(schema) ? fieldFaults(issues as readonly z.core.$ZodIssue[], value) : foreignFaults(issues);
}

/** Schemas of zod 4, whose issues have codes. */
function isZod(schema: StandardSchemaV1): schema is StandardSchemaV1 & z.ZodType {
  return '_zod' in schema && 'safeParse' in schema;
}

function isPromise<T>(result: T | Promise<T>): result is Promise<T> {
  return result instanceof Promise || typeof (result as { then?: unknown }).then === 'function';
}

function failed(fields: readonly FieldFault[]): Problem {
  return new Problem('validation_failed', { fields: told(fields) });
}

/** The first, and as many more as fit: the pointer into a deep body is as long as the body. */
function told(fields: readonly FieldFault[]): readonly FieldFault[] {
  let size = 0;
  const end = fields.findIndex(({ pointer, detail }, at) => {
    size += pointer.length + detail.length;
    return at > 0 && size > MAX_TEXT;
  });
  return fields.slice(0, end < 0 ? MAX_FAULTS : Math.min(end, MAX_FAULTS));
}

/** No parsed value can look like this: `raw` is bytes or `undefined`, and neither JSON nor a form can say that. */
function isRequestBody(body: unknown): body is RequestBody {
  if (typeof body !== 'object' || body === null || !('value' in body) || !('raw' in body)) return false;
  return body.raw === undefined || body.raw instanceof Uint8Array;
}

/** `/page` is the parameter `page`. */
function plain(pointer: string): string {
  return pointer.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
}
