import type { ProblemKind } from './problem.ts';

/** What can be wrong with a message, whatever it was about. */
export type HttpProblemCode =
  | 'malformed_body'
  | 'not_found'
  | 'method_not_allowed'
  | 'body_too_large'
  | 'unsupported_media_type'
  | 'validation_failed'
  | 'internal'
  | 'not_implemented'
  | 'store_unavailable';

/** Problems of the http layer. */
export const httpProblems: Readonly<Record<HttpProblemCode, ProblemKind>> = {
  malformed_body: { status: 400, title: 'The body cannot be read' },
  not_found: { status: 404, title: 'There is nothing here' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  body_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body has a type that is not read here' },
  validation_failed: { status: 422, title: 'The request has invalid values' },
  internal: { status: 500, title: 'Something went wrong on our side' },
  not_implemented: { status: 501, title: 'This is not implemented' },
  store_unavailable: { status: 503, title: 'A store is not available' },
};
