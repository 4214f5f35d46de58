import { StoreUnavailableError } from '../kernel/index.ts';
import type { Exchange, Headers, HttpResponse } from './exchange.ts';
import { codeOfStatus, foreignProblem } from './foreign-problem.ts';
import { httpProblems } from './http-problems.ts';
import type { ToProblem } from './passage.ts';
import { type FieldFault, Problem, type ProblemTable } from './problem.ts';
import { assertSendable } from './sendable-headers.ts';

/** What {@link createProblemResponse} is made of. */
export interface ProblemResponseOptions {
  /** Every code that may leave, see `mergeProblems`. */
  readonly catalogue: ProblemTable;
  /** `type` is this and the code; default `urn:castellan:problem:`. A URL gets a slash at its end. */
  readonly typeBase?: string;
  /** Maps the app's own errors. What it throws, or a code it makes up, counts as unmapped. */
  readonly problemOf?: ((error: unknown) => Problem | undefined) | undefined;
  /** Told of each error that leaves as `internal`, which is the only place where it can be seen. */
  readonly report?: ((error: unknown, exchange: Exchange) => void) | undefined;
}

interface Wire {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly type: string;
  readonly detail?: string | undefined;
  readonly fields?: readonly FieldFault[] | undefined;
  readonly members?: Readonly<Record<string, unknown>> | undefined;
  readonly headers: Headers;
}

/**
 * Makes the function that turns anything thrown into `application/problem+json` (RFC 9457).
 *
 * In this order: a `Problem` · what `problemOf` maps · an unavailable store, 503 · an error with a 4xx `status` or
 * `statusCode`, without its message · everything else, 500 `internal`, without a message. The answer never throws.
 */
export function createProblemResponse(options: ProblemResponseOptions): ToProblem {
  const { catalogue, problemOf, report } = options;
  const base = options.typeBase === undefined ? 'urn:castellan:problem:' : options.typeBase.replace(/\/*$/, '/');

  const ofCode = (code: string, headers: Headers = {}): Wire => {
    const { status, title } = catalogue[code] ?? httpProblems.internal;
    return { status, code, title, type: base + code, headers };
  };
  const ofProblem = (problem: Problem): Wire | undefined =>
    Object.hasOwn(catalogue, problem.code)
      ? { ...ofCode(problem.code, problem.headers), ...memberedBy(problem) }
      : undefined;
  const mapped = (error: unknown): Problem | undefined => {
    try {
      const problem = problemOf?.(error);
      return problem instanceof Problem ? problem : undefined;
    } catch {
      return undefined;
    }
  };
  const ofForeign = (error: unknown): Wire | undefined => {
    const foreign = foreignProblem(error);
    if (!foreign) return undefined;
    const { status, code, headers } = foreign;
    return code !== undefined && Object.hasOwn(catalogue, code)
      ? ofCode(code, headers)
      : { ...codeOfStatus(status), status, type: 'about:blank', headers };
  };
  const wireOf = (error: unknown): Wire => {
    const problem = error instanceof Problem ? error : mapped(error);
    if (problem) return ofProblem(problem) ?? ofCode('internal');
    if (error instanceof StoreUnavailableError) return ofCode('store_unavailable', { 'retry-after': '1' });
    return ofForeign(error) ?? ofCode('internal');
  };

  return (error, exchange) => {
    try {
      const wire = wireOf(error);
      const response = respond(wire, error, exchange);
      if (wire.code === 'internal') tell(report, error, exchange);
      return response;
    } catch (unsayable) {
      // a thrown object whose members can't be read, or a problem whose fields or headers can't be written
      tell(report, unsayable, exchange);
      return respond(ofCode('internal'), error, exchange);
    }
  };
}

function respond(wire: Wire, error: unknown, exchange: Exchange): HttpResponse {
  const { type, title, status, code, detail, fields, members, headers: own } = wire;
  const { requestId: request_id } = exchange.context;
  const body = JSON.stringify({ type, title, status, code, detail, fields, request_id, ...othersOf(members) });
  assertSendable(own);
  const headers: Headers = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'content-length': String(Buffer.byteLength(body)),
  };
  // RFC 9110 section 15.5.2: every 401 has a challenge, also that of an app that throws a bare Problem
  if (status === 401) headers['www-authenticate'] = 'Bearer';
  for (const name in own) headers[name.toLowerCase()] = own[name] as string | readonly string[];
  return { status, headers, body, error };
}

function memberedBy({ detail, fields, members }: Problem): Pick<Wire, 'detail' | 'fields' | 'members'> {
  return { detail, fields, members };
}

const OWN = new Set(['type', 'title', 'status', 'code', 'detail', 'fields', 'request_id']);
function othersOf(members: Wire['members']): Wire['members'] {
  return members && Object.fromEntries(Object.entries(members).filter(([name]) => !OWN.has(name)));
}

function tell(report: ProblemResponseOptions['report'], error: unknown, exchange: Exchange): void {
  try {
    report?.(error, exchange);
  } catch {
    // who watches errors must not make new ones
  }
}
