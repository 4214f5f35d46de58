import type { Headers } from './exchange.ts';

/** Not imported: for an `import` of `node:http` Node loads all of `fetch`, a third of what importing the library costs. */
const { STATUS_CODES } = process.getBuiltinModule('node:http');

/** An error of the app or its framework that says with `status` or `statusCode` that the caller is at fault. */
export interface ForeignProblem {
  readonly status: number;
  /** A code of the catalogue, or `undefined` where none says what the status says. */
  readonly code: string | undefined;
  readonly headers: Headers;
}

/** What body parsers, routers and `send` say, by their `type`. */
const CODE_OF_TYPE: Readonly<Record<string, string>> = {
  'entity.too.large': 'body_too_large',
  'parameters.too.many': 'body_too_large',
  'charset.unsupported': 'unsupported_media_type',
  'encoding.unsupported': 'unsupported_media_type',
  'entity.parse.failed': 'malformed_body',
  'querystring.parse.rangeError': 'malformed_body',
  'request.aborted': 'malformed_body',
  'request.size.invalid': 'malformed_body',
};

const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'body_too_large',
  415: 'unsupported_media_type',
  422: 'validation_failed',
};

/** Fields that the status itself demands or explains; nothing else of a foreign error leaves. */
const HEADERS = ['allow', 'retry-after', 'www-authenticate'];

/** Reads an error with a status from 400 to 499. Its message stays inside: nobody wrote it for the caller. */
export function foreignProblem(error: unknown): ForeignProblem | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { status: first, statusCode, type, headers } = error as Readonly<Record<string, unknown>>;
  const status = typeof first === 'number' ? first : statusCode;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 400 || status > 499) return undefined;
  // a path with broken percent-encoding names nothing (Express: a URIError with 400)
  if (status === 400 && error instanceof URIError) return { status: 404, code: 'not_found', headers: {} };
  const code = (typeof type === 'string' ? CODE_OF_TYPE[type] : undefined) ?? CODE_OF_STATUS[status];
  return { status, code, headers: passed(headers) };
}

/** RFC 9457 section 4.2.1: a problem that says no more than its status. The code is the status's name. */
export function codeOfStatus(status: number): { readonly code: string; readonly title: string } {
  const title = STATUS_CODES[status] ?? 'Client Error';
  return { code: title.toLowerCase().replace(/[^a-z]+/g, '_'), title };
}

function passed(headers: unknown): Headers {
  const kept: Headers = {};
  if (typeof headers === 'object' && headers !== null)
    for (const [name, value] of Object.entries(headers))
      if (HEADERS.includes(name.toLowerCase()) && (typeof value === 'string' || typeof value === 'number'))
        kept[name.toLowerCase()] = String(value);
  return kept;
}
