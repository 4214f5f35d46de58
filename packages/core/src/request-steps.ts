/** Steps whose guards see the head of a request, in no order: that is {@link requestSteps}'. */
export type HeadStep = 'audit' | 'authenticate' | 'limit' | 'guards';

/** Steps whose guards see the body. */
export type BodyStep = 'limit by body' | 'validate';

/** One step of a request's way. */
export type RequestStep = {
  /** Codes of the problems that it answers itself. */
  readonly answers: readonly string[];
} & (
  | { readonly at: 'head'; readonly name: HeadStep }
  | { readonly at: 'body'; readonly name: BodyStep }
  /** No policy's: every request meets it. */
  | { readonly at: 'every request'; readonly name: string }
);

const every = (name: string, answers: readonly string[] = []): RequestStep => ({ at: 'every request', name, answers });

/**
 * The order of every request. A policy picks steps, never their order: `compilePolicy` puts its guards into this one,
 * and docs/lifecycle.md draws it.
 */
export const requestSteps: readonly RequestStep[] = [
  every('request id'),
  every('log'),
  every('security headers'),
  every('host', ['misdirected_host']),
  every('CORS', ['origin_not_allowed']),
  // its `after` must see refusals too
  { at: 'head', name: 'audit', answers: [] },
  every('problems', ['internal', 'store_unavailable']),
  {
    at: 'head',
    name: 'authenticate',
    answers: [
      'token_missing',
      'invalid_token',
      'token_expired',
      'token_stale',
      'token_superseded',
      'csrf_failed',
      'insufficient_scope',
      'insufficient_tier',
      'rate_limited',
      'store_unavailable',
    ],
  },
  // behind authentication: a principal is counted as itself
  { at: 'head', name: 'limit', answers: ['rate_limited', 'cost_not_chargeable', 'store_unavailable'] },
  // before the body is read: what they refuse costs nothing
  { at: 'head', name: 'guards', answers: [] },
  every('body is read', ['malformed_body', 'body_too_large', 'unsupported_media_type']),
  { at: 'body', name: 'limit by body', answers: ['rate_limited', 'cost_not_chargeable', 'store_unavailable'] },
  { at: 'body', name: 'validate', answers: ['malformed_body', 'unsupported_media_type', 'validation_failed'] },
  every('handler'),
];
