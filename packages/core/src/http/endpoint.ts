import type { BodyExchange, HttpResponse } from './exchange.ts';

/** An endpoint that the library mounts; an adapter serves it without knowing what it does. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the prefix, with parameters as `:name`: `/sessions/:id/revoke`. */
  readonly path: string;
  /** False: the bearer's access token is demanded and `exchange.context.principal` is there. */
  readonly public: boolean;
  /** Body types that are read: none for a call without a body. A missing body is an empty one. */
  readonly body?: readonly ('json' | 'form' | 'csp-report' | 'reports')[];
  /** Answers, or throws a `Problem`. */
  handle(call: EndpointCall): HttpResponse | Promise<HttpResponse>;
}

/** One call of an endpoint. */
export interface EndpointCall extends BodyExchange {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}
