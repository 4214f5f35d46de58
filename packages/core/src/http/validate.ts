import type * as z from 'zod';
import type { RequestBody } from './exchange.ts';
import { fieldFaults } from './field-faults.ts';
import { type FieldFault, Problem } from './problem.ts';
import { isUnsafe, MAX_FAULTS, unsafeTexts } from './unsafe-text.ts';

/**
 * A request body in the shape of a schema. No body at all counts as an empty object, so that what is missing is named
 * field by field. Use `z.strictObject`: unknown members are refused, each with its own pointer.
 *
 * @param body as an endpoint gets it, or the parsed value (`req.body`)
 * @throws Problem `validation_failed` with `fields`; their pointers are JSON Pointers into the body (RFC 6901)
 */
export function validateBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const value = isRequestBody(body) ? body.value : body;
  return validate(schema, value === undefined ? {} : value);
}

/**
 * Query parameters in the shape of a schema; values are texts, so numbers need `z.coerce`. A parameter that is given
 * twice is refused: two readers would take two different ones.
 *
 * @throws Problem `validation_failed` with `fields`; their pointers are the parameters' names
 */
export function validateQuery<T>(schema: z.ZodType<T>, query: URLSearchParams): T {
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
  const result = schema.safeParse(parameters);
  if (result.success) return result.data;
  throw failed(
    fieldFaults(result.error.issues, parameters).map((fault) => ({ ...fault, pointer: plain(fault.pointer) })),
  );
}

function validate<T>(schema: z.ZodType<T>, value: unknown): T {
  const unsafe = unsafeTexts(value);
  if (unsafe.length > 0) throw failed(unsafe);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw failed(fieldFaults(result.error.issues, value));
}

function failed(fields: readonly FieldFault[]): Problem {
  return new Problem('validation_failed', { fields: fields.slice(0, MAX_FAULTS) });
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
