import type { MonotonicClock } from '../kernel/index.ts';
import type { Endpoint } from './endpoint.ts';
import type { Exchange, HttpRequest, HttpResponse, RequestBody } from './exchange.ts';
import type { BodyGuard, Guard } from './guard.ts';
import type { BodyKind } from './parse-body.ts';

/** A policy made into guards, in the order that `policy.ts` fixes. */
export interface CompiledPolicy {
  readonly head: readonly Guard[];
  readonly body: readonly BodyGuard[];
  /** Body types that the body guards take; none without body guards. Any other is 415. */
  readonly reads?: readonly BodyKind[];
  /** The route's template when the policy names it. */
  readonly route: string | undefined;
}

/** One request's way in and out. All that an adapter calls; synchronous when the guards are. */
export interface Passage {
  /** Before the body is read: the refusal, or `undefined` for "go on". */
  head(): HttpResponse | undefined | Promise<HttpResponse | undefined>;
  /** After the body was read, when the policy has body guards. */
  body(body: RequestBody): HttpResponse | undefined | Promise<HttpResponse | undefined>;
  /** Whether body guards wait for the body. */
  readonly wantsBody: boolean;
  /** Whether an `after` wants to see the answer; false: install no capture at all. */
  readonly watches: boolean;
  /** Unwinds. Called exactly once per passage, also with its own refusal. Never rejects. */
  leave(response: HttpResponse): HttpResponse | Promise<HttpResponse>;
}

/** What a path and method name in the table of mounted endpoints. */
export type EndpointMatch =
  | { readonly endpoint: Endpoint; readonly params: Readonly<Record<string, string>> }
  /** The path is known, the method is not: these are (405, `Allow`). */
  | { readonly allow: readonly string[] };

/** The tables of endpoints: `/auth` and `/health`, wherever they are mounted. Default `auth`. */
export type Mount = 'auth' | 'health';

/** How an answer went out. */
export interface Finish {
  readonly status: number;
  /** The line was cut before the answer was whole. */
  readonly aborted: boolean;
}

/** What the composed object offers to an adapter. `P` is the type of its policies. */
export interface Entry<P> {
  /** @throws TypeError naming the option when the policy makes no sense */
  compile(policy: P | undefined): CompiledPolicy;
  /** By which a request has arrived: monotonic ms, as of this turn of the event loop. */
  readonly turn: MonotonicClock;
  /** Begins an exchange: its request id, and the headers that leave on every exit. */
  exchange(request: HttpRequest): Exchange;
  /**
   * Host and CORS, before anything costs: a preflight ends here, unaudited and unlimited; then the tenant, which it puts
   * into the context. One that can't be told is refused by what comes: `open`, and `serve` but for health. Asked once per
   * request, right after the exchange has begun. `undefined`: go on.
   */
  front(exchange: Exchange): HttpResponse | undefined;
  /** Told when an answer has left or its line was cut. Absent where nobody listens: then install no listener. */
  readonly finished?: (exchange: Exchange, outcome: Finish) => void;
  /** Told of a setting around the library that works and is probably not what was meant. */
  readonly warn?: (message: string) => void;
  open(policy: CompiledPolicy, exchange: Exchange): Passage;
  /** Looks a path below the prefix up. `undefined`: not ours. */
  match(method: string, path: string, mount?: Mount): EndpointMatch | undefined;
  /** Serves a mounted endpoint whole: guards, body, handler, problems. Never rejects. */
  serve(match: EndpointMatch, exchange: Exchange, readBody: () => Promise<RequestBody>): Promise<HttpResponse>;
  /** Anything thrown, as the one shape that leaves. */
  problem(error: unknown, exchange: Exchange): HttpResponse;
}
