import type { IncomingHttpHeaders } from 'node:http';
import type { StandardSchemaV1 } from './standard-schema.ts';

/** Header fields by lower-case name. */
export type Headers = Record<string, string | readonly string[]>;

/** A request as the core sees it: a plain object, never a framework's and never Fetch's `Request`. */
export interface HttpRequest {
  /** As sent: `GET`, `POST`, … */
  readonly method: string;
  /** Path and query as sent, with the prefix under which a router is mounted. */
  readonly target: string;
  /** The route's template (`/orders/:id`), where the framework knows it. */
  readonly route: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** The client's address by the framework's own trust-proxy rule; empty where the socket has none. */
  readonly ip: string;
  /** Monotonic milliseconds, as of the turn of the event loop that read the request's head: deadlines count from here. */
  readonly arrivedAt: number;
  /** True once the client's connection is closed: nobody will read the answer. */
  readonly gone: boolean;
}

/** What is told to a body's end: its bytes, or `undefined` when it grew beyond the limit or was cut short. */
export type AtEnd = (bytes: Uint8Array | undefined, aborted: boolean) => Promise<void>;

/** A body whose head may leave at once; its last byte can be held back. */
export interface FlowingBody {
  /** Holds the end back until `act` has resolved. Bodies above `limit` bytes are not collected. */
  beforeEnd(limit: number, act: AtEnd): void;
}

/** An answer. */
export interface HttpResponse {
  status: number;
  headers: Headers;
  body: string | Uint8Array | null | FlowingBody;
  /** What was thrown, when the answer came from a throw. */
  error?: unknown;
}

/** The authenticated caller of one request. */
export interface Principal {
  /** Who (`sub`): an account's id, or the app's own user id. */
  readonly subject: string;
  /** Part of every key; `''` where there is only one. */
  readonly tenant: string;
  /** The session of the access token (`sid`). */
  readonly sessionId: string;
  readonly scopes: ReadonlySet<string>;
  /** The tier at the last refresh. */
  readonly tier: string;
  /** All claims of the access token, verified. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** What is known of a request besides itself; guards fill it in. */
export interface Context {
  requestId: string;
  tenant: string;
  principal?: Principal | undefined;
  /** The principal's access token came in a cookie, and a CSRF check let it in. Absent: `Authorization`. */
  byCookie?: true;
  /** The tier, `''` for nobody's, whose limits this request was charged: an outer door's are not asked again. */
  countedTier?: string | undefined;
  /** Bodies that policies have validated, by their schema: what `bodyOf` reads. */
  validated?: ReadonlyMap<StandardSchemaV1, unknown>;
  /** A password was hashed for it: whatever the answer is, it was not refused unseen. */
  hashed?: true;
}

/** A request on its way through the guards. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly context: Context;
  /** Leave on every exit; the handler may override them. */
  readonly headers: Headers;
}

/** A request body: parsed, and its bytes where the adapter has them. */
export interface RequestBody {
  readonly value: unknown;
  readonly raw: Uint8Array | undefined;
}

/** An exchange whose body has been read. */
export interface BodyExchange extends Exchange {
  readonly body: RequestBody;
}

/** Whether the body flows, so that its bytes are not at hand. */
export function isFlowing(body: HttpResponse['body']): body is FlowingBody {
  return body !== null && typeof body === 'object' && 'beforeEnd' in body;
}
