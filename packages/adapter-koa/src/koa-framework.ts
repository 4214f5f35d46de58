import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Framework, routeText } from '@castellan/core/node';

/** Koa's context, as far as it is read here: structural, so that a router's own context types stay what they are. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly ip: string;
  readonly originalUrl: string;
  /** Where body parsers leave `body` and `rawBody`. */
  readonly request: object;
  /** False: Koa sends nothing. */
  respond?: boolean | undefined;
  body: unknown;
  status: number;
  /** Koa's app; what its contexts have in common is in `context`. */
  readonly app: {
    readonly context: { onerror(this: KoaContext, error: Error | null | undefined): void };
    readonly proxy?: boolean;
    readonly maxIpsCount?: number;
    readonly proxyIpHeader?: string;
  };
}

interface ParsedRequest {
  body?: unknown;
  readonly rawBody?: unknown;
}

/** A middleware that leaves the context types of those around it as they are. */
export type Middleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<unknown>;

/** A body parser, such as `bodyParser()` of @koa/bodyparser. */
export type ParseMiddleware = (context: never, next: () => Promise<void>) => unknown;

/** Koa as the shared part of the adapters sees it. */
export function koaFramework(parse: ParseMiddleware | undefined): Framework<KoaContext> {
  return {
    request: ({ req }) => req,
    response: ({ res }) => res,
    target: ({ originalUrl }) => originalUrl,
    route: (context) => routeText((context as { readonly _matchedRoute?: unknown })._matchedRoute), // by @koa/router
    ip: ({ ip }) => ip ?? '',
    trust: ({ app }) => (app.proxy !== true ? 'nobody' : (app.maxIpsCount ?? 0) > 0 ? 'some' : 'everybody'),
    forwardedField: ({ app }) => app.proxyIpHeader,
    body({ request }) {
      const { body, rawBody } = request as ParsedRequest;
      return { value: body, raw: rawBody };
    },
    putBody({ request }, { value }) {
      (request as ParsedRequest).body = value;
    },
    parse: parse && (async (context) => void (await parse(context as never, async () => {}))),
    release(context) {
      context.respond = false;
    },
  };
}
