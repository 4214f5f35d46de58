import type { Headers } from './exchange.ts';

/** One kind of problem: its status never changes, its code is never renamed. */
export interface ProblemKind {
  readonly status: number;
  /** A short sentence, the same at every occurrence (RFC 9457 section 3.1.3). */
  readonly title: string;
}

/** Problems by code. Each slice exports its own table; composition merges them and refuses duplicates. */
export type ProblemTable = Readonly<Record<string, ProblemKind>>;

/** A field of the request that is at fault. */
export interface FieldFault {
  /** JSON Pointer into the body (RFC 6901), or the name of a query parameter. */
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** What a {@link Problem} may carry besides its code. */
export interface ProblemOptions {
  /** For the caller's eyes. Never an internal message. */
  readonly detail?: string;
  readonly fields?: readonly FieldFault[];
  readonly headers?: Headers;
  /** Further members of the body, in snake_case (RFC 9457 section 3.2). None takes the place of the library's own. */
  readonly members?: Readonly<Record<string, unknown>>;
  /** The reason, for logs only. */
  readonly cause?: unknown;
}

/** An error for the caller; leaves as `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: string;
  readonly detail: string | undefined;
  readonly fields: readonly FieldFault[] | undefined;
  readonly headers: Headers;
  readonly members: Readonly<Record<string, unknown>> | undefined;

  constructor(code: string, options: ProblemOptions = {}) {
    super(options.detail ?? code, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.detail = options.detail;
    this.fields = options.fields;
    this.headers = options.headers ?? {};
    this.members = options.members;
  }
}
