import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Headers, RequestBody } from '../http/index.ts';

/**
 * Whose `X-Forwarded-For` a framework believes: nobody's, that of some proxies, or everybody's: then each caller chooses
 * its own address.
 */
export type ProxyTrust = 'nobody' | 'some' | 'everybody';

/**
 * What an adapter tells of its framework; `C` is what the framework hands out for one request. Everything else, from
 * the guards to the answer on the wire, is the same for all of them, because all of them end at Node's own request and
 * response.
 */
export interface Framework<C> {
  readonly request: (carrier: C) => IncomingMessage;
  response(carrier: C): ServerResponse;
  /** Path and query as they came, with the prefix under which a router is mounted. */
  readonly target: (carrier: C) => string;
  /** The route's template, where the framework knows it. */
  readonly route: (carrier: C) => string | undefined;
  /** The client's address by the framework's own trust-proxy rule; empty where the socket has none. */
  readonly ip: (carrier: C) => string;
  /** Whose `X-Forwarded-For`, or {@link forwardedField}, the framework believes. */
  trust(carrier: C): ProxyTrust;
  /** The field by which a proxy tells the address. Absent: `X-Forwarded-For`. */
  forwardedField?(carrier: C): string | undefined;
  /** What a parser of the app has made of the body, and its bytes where the parser kept them. */
  body(carrier: C): { readonly value: unknown; readonly raw?: unknown };
  /** Gives the app the body that the library has read, where the app looks for it. */
  putBody(carrier: C, body: RequestBody): void;
  /** Runs the app's parser. Absent: the library reads bodies by its own rules. */
  parse?: ((carrier: C) => Promise<unknown>) | undefined;
  /** Puts headers on the answer that the handler is about to prepare. Absent: it prepares Node's own. */
  readonly putHeaders?: (carrier: C, headers: Headers) => void;
  /** The framework's hands off the answer: one of ours goes out past it, with the headers that were prepared. */
  release(carrier: C): void;
}
