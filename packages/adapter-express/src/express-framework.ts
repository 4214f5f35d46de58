import type { ServerResponse } from 'node:http';
import { type Framework, routeText } from '@castellan/core/node';
import type { ExpressRequest, ParseMiddleware } from './middleware.ts';

/** One request as Express hands it out. */
export interface ExpressCall {
  readonly req: ExpressRequest;
  readonly res: ServerResponse;
}

/** Express as the shared part of the adapters sees it. A bare Node server does as well. */
export function expressFramework(parse: ParseMiddleware | undefined): Framework<ExpressCall> {
  return {
    request: ({ req }) => req,
    response: ({ res }) => res,
    target: ({ req }) => req.originalUrl ?? req.url ?? '/',
    // under a bare `app.use` Express knows none; of a router mounted under a parameter it knows the value only
    route({ req }) {
      const path = routeText(req.route?.path);
      return path === undefined ? undefined : mountPath(req) + path;
    },
    ip: ({ req }) => req.ip ?? req.socket.remoteAddress ?? '',
    trust({ req }) {
      const trusts = req.app?.get('trust proxy fn');
      if (typeof trusts !== 'function' || req.app?.get('trust proxy') === false) return 'nobody';
      // no list of proxies and no number of hops says yes to this address, so far away
      return trusts('192.0.2.1', 1000) === true ? 'everybody' : 'some';
    },
    body: ({ req }) => ({ value: req.body, raw: req.rawBody }),
    putBody({ req }, { value }) {
      (req as { body?: unknown }).body = value;
    },
    parse: parse && ((call) => run(parse, call)),
    release() {}, // Express prepares its answers on Node's own
  };
}

/**
 * Where the router at hand is mounted. Express tells it as the caller wrote it, and matches it in whatever case: written
 * in another one it would be another route, with a budget of its own.
 */
export function mountPath({ baseUrl = '' }: ExpressRequest): string {
  return baseUrl.toLowerCase();
}

function run(parse: ParseMiddleware, { req, res }: ExpressCall): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (error?: unknown): void => {
      if (error === undefined || error === null) resolve();
      else reject(error instanceof Error ? error : new Error('the body parser failed', { cause: error }));
    };
    const result = parse(req as never, res as never, next);
    if (result instanceof Promise) result.catch(next);
  });
}
