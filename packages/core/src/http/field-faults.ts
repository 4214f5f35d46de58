import type * as z from 'zod';
import { jsonPointer } from './json-pointer.ts';
import type { FieldFault } from './problem.ts';
import type { StandardIssue } from './standard-schema.ts';

type Issue = z.core.$ZodIssue;

/** As much of a foreign library's message as leaves; some repeat the value that was sent. */
const DETAIL_LENGTH = 200;

/** Says in our own words what a schema of zod 4 found: codes that stay the same, and never the value that was sent. */
export function fieldFaults(issues: readonly Issue[], value: unknown): readonly FieldFault[] {
  return issues.flatMap((issue) => faultsOf(issue, value));
}

/** What a schema of another library found, in that library's words: the code is always `invalid`. */
export function foreignFaults(issues: readonly StandardIssue[]): readonly FieldFault[] {
  return issues.map(({ path = [], message }) => ({
    pointer: jsonPointer(path.map((step) => (typeof step === 'object' ? step.key : step))),
    code: 'invalid',
    detail: message.slice(0, DETAIL_LENGTH).toWellFormed(),
  }));
}

function faultsOf(issue: Issue, value: unknown): readonly FieldFault[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      pointer: jsonPointer([...issue.path, key]),
      code: 'unknown_member',
      detail: 'is not known',
    }));
  return [{ pointer: jsonPointer(issue.path), ...sayingOf(issue, value) }];
}

function sayingOf(issue: Issue, value: unknown): { readonly code: string; readonly detail: string } {
  switch (issue.code) {
    case 'invalid_type':
      return issue.path.length > 0 && isMissing(value, issue.path)
        ? { code: 'required', detail: 'is required' }
        : { code: 'invalid_type', detail: `must be ${withArticle(issue.expected)}` };
    case 'too_small':
      return bound('too_short', 'too_small', 'at least', issue.origin, Number(issue.minimum), issue.inclusive);
    case 'too_big':
      return bound('too_long', 'too_big', 'at most', issue.origin, Number(issue.maximum), issue.inclusive);
    case 'invalid_format':
      return { code: 'invalid_format', detail: `must be a valid ${formatName(issue.format)}` };
    case 'not_multiple_of':
      return { code: 'not_multiple_of', detail: `must be a multiple of ${issue.divisor}` };
    case 'invalid_value':
      if (isMissing(value, issue.path)) return { code: 'required', detail: 'is required' };
      return {
        code: 'not_allowed',
        detail: `must be one of ${issue.values.map((one) => JSON.stringify(one)).join(', ')}`,
      };
    case 'custom':
      return ofAuthor(issue);
    case 'unrecognized_keys':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
      return { code: 'invalid', detail: 'is not valid' };
  }
}

/** A rule that the schema's author wrote speaks for itself: `refine(test, { message, params: { code } })`. */
function ofAuthor(issue: z.core.$ZodIssueCustom): { readonly code: string; readonly detail: string } {
  const code: unknown = issue.params?.['code'];
  return {
    code: typeof code === 'string' ? code : 'invalid',
    detail: issue.message === 'Invalid input' ? 'is not valid' : issue.message,
  };
}

function bound(
  ofLength: string,
  ofValue: string,
  words: string,
  origin: string,
  limit: number,
  inclusive: boolean | undefined,
): { readonly code: string; readonly detail: string } {
  if (origin === 'string') return { code: ofLength, detail: `must have ${words} ${limit} characters` };
  if (origin === 'array' || origin === 'set' || origin === 'map')
    return { code: ofLength, detail: `must have ${words} ${limit} items` };
  const strict = words === 'at least' ? 'more than' : 'less than';
  return { code: ofValue, detail: `must be ${inclusive === false ? strict : words} ${limit}` };
}

function formatName(format: string): string {
  const names: Readonly<Record<string, string>> = {
    email: 'e-mail address',
    url: 'URL',
    uuid: 'UUID',
    datetime: 'date and time (ISO 8601)',
  };
  return names[format] ?? 'value of this form';
}

function withArticle(type: string): string {
  if (type === 'int') return 'a whole number';
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

/** Whether nothing was sent at a path. */
function isMissing(value: unknown, path: readonly PropertyKey[]): boolean {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, step)) return true;
    current = (current as Readonly<Record<PropertyKey, unknown>>)[step];
  }
  return current === undefined;
}
