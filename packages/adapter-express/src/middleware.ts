import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * A middleware in Node's own types: of the forms that Express takes the one that leaves `req.params` and `req.body` of
 * the handlers after it typed as they are.
 */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/** Express tells an error middleware by its four parameters. */
export type ErrorMiddleware = (
  error: unknown,
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** A body parser: `express.json()` or any other middleware. */
export type ParseMiddleware = (req: never, res: never, next: (error?: unknown) => void) => unknown;

/** What Express puts on a request, as far as it is read here. A bare Node request has none of it. */
export interface ExpressRequest extends IncomingMessage {
  readonly originalUrl?: string;
  readonly baseUrl?: string;
  readonly route?: { readonly path?: unknown };
  readonly ip?: string;
  readonly app?: { get(setting: string): unknown };
  readonly body?: unknown;
  /** Where a parser's `verify` kept the bytes. */
  readonly rawBody?: unknown;
}
