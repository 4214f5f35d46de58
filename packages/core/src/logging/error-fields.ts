import { maskedOf } from './mask.ts';

/** An error as a line tells it. */
export interface ErrorFields {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** What Node and drivers say in a word: `ECONNREFUSED`, `23505`. */
  readonly code?: string;
  readonly cause?: ErrorFields;
  /** Of an `AggregateError`. */
  readonly errors?: readonly ErrorFields[];
}

const MESSAGE_LENGTH = 2_000;
const STACK_LENGTH = 8_000;
/** Causes below causes that are told. */
const DEPTH = 5;
/** Errors of an `AggregateError` that are told. */
const SIBLINGS = 5;

/**
 * What may be written down of anything thrown: name, message, stack, code and causes, cut and masked. No other member:
 * errors of drivers and HTTP clients carry rows, parameters and whole requests.
 *
 * @param secrets texts that must not be repeated, besides what looks like a secret
 */
export function errorFields(error: unknown, secrets: readonly string[] = []): ErrorFields {
  try {
    return fieldsOf(error, secrets, DEPTH);
  } catch {
    return { name: 'NoError', message: 'a thrown object that can not be read' }; // its getters throw
  }
}

function fieldsOf(error: unknown, secrets: readonly string[], depth: number): ErrorFields {
  const say = (text: unknown, length: number): string =>
    maskedOf(String(text).slice(0, length * 2), secrets)
      .slice(0, length)
      .toWellFormed();
  if (!isError(error)) {
    const message = typeof error === 'string' ? error : `a thrown ${error === null ? 'null' : typeof error}`;
    return { name: 'NoError', message: say(message, MESSAGE_LENGTH) };
  }
  const { name, message, stack, code, cause, errors } = error;
  const below = (one: unknown): ErrorFields => fieldsOf(one, secrets, depth - 1);
  return {
    name: say(name, 100),
    message: say(message, MESSAGE_LENGTH),
    ...(typeof stack === 'string' && { stack: say(stack, STACK_LENGTH) }),
    ...(typeof code === 'string' && /^\w{1,64}$/.test(code) && { code }),
    ...(cause !== undefined && depth > 0 && { cause: below(cause) }),
    ...(Array.isArray(errors) && depth > 0 && { errors: errors.slice(0, SIBLINGS).map(below) }),
  };
}

type ErrorLike = Error & { readonly code?: unknown; readonly errors?: unknown };

/** Errors of other realms too. */
function isError(error: unknown): error is ErrorLike {
  return error instanceof Error || Object.prototype.toString.call(error) === '[object Error]';
}
