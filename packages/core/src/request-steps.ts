/** Steps whose guards see the head of a request, in no order: that is {@link requestSteps}'. */
export type HeadStep = 'audit' | 'authenticate' | 'guards';

/** Steps whose guards see the body. */
export type BodyStep = 'validate';

/** One step of a request's way. */
export type RequestStep = {
  /** Codes of the problems that it answers itself. */
  readonly answers: readonly string[];
} & (
  | { readonly at: 'head'; readonly name: HeadStep }
  | { readonly at: 'body'; readonly name: BodyStep }
  /** Outside a policy: every request meets it. */
  | { readonly at: 'door' | 'handler'; readonly name: string }
);

/**
 * The order of every request. A policy picks steps, never their order: `compilePolicy` puts its guards into this one,
 * and docs/lifecycle.md draws it.
 */
export const requestSteps: readonly RequestStep[] = [
  { at: 'door', name: 'request id', answers: [] },
  { at: 'door', name: 'log', answers: [] },
  // before audit: its `after` must see refusals too
  { at: 'head', name: 'audit', answers: [] },
  { at: 'door', name: 'problems', answers: ['internal', 'store_unavailable'] },
  {
    at: 'head',
    name: 'authenticate',
    answers: [
      'token_missing',
      'invalid_token',
      'token_expired',
      'token_stale',
      'token_superseded',
      'insufficient_scope',
      'insufficient_tier',
      'store_unavailable',
    ],
  },
  { at: 'head', name: 'guards', answers: [] },
  // what was refused before costs nothing
  { at: 'door', name: 'body is read', answers: ['malformed_body', 'body_too_large', 'unsupported_media_type'] },
  { at: 'body', name: 'validate', answers: ['malformed_body', 'unsupported_media_type', 'validation_failed'] },
  { at: 'handler', name: 'handler', answers: [] },
];
