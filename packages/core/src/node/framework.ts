import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Headers, HttpRequest, RequestBody } from '../http/index.ts';

/**
 * What an adapter tells of its framework; `C` is what the framework hands out for one request. Everything else, from
 * the guards to the answer on the wire, is the same for all of them, because all of them end at Node's own request and
 * response.
 */
export interface Framework<C> {
  request(carrier: C): IncomingMessage;
  response(carrier: C): ServerResponse;
  /**
   * The request as the core sees it; `route` is the template when a policy names it, `arrivedAt` the moment at which an
   * earlier door met it.
   */
  view(carrier: C, route: string | undefined, arrivedAt?: number): HttpRequest;
  /** What a parser of the app has made of the body, and its bytes where the parser kept them. */
  body(carrier: C): { readonly value: unknown; readonly raw?: unknown };
  /** Gives the app the body that the library has read, where the app looks for it. */
  putBody(carrier: C, body: RequestBody): void;
  /** Runs the app's parser. Absent: the library reads bodies by its own rules. */
  parse?: ((carrier: C) => Promise<unknown>) | undefined;
  /** Puts headers on the answer that the handler is about to prepare; it may override them. */
  putHeaders(carrier: C, headers: Headers): void;
  /** The framework's hands off the answer: one of ours goes out past it, with the headers that were prepared. */
  release(carrier: C): void;
}
