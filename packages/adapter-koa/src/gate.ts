import { type Entry, Problem } from '@castellan/core/http';
import { createNodeGate, enterDoor, type Mounted, type NodeGateOptions, requestPath } from '@castellan/core/node';
import { begun, sourceOf } from './first-byte.ts';
import { type KoaContext, koaFramework, type Middleware, type ParseMiddleware } from './koa-framework.ts';

/** What {@link createGate} may be told. */
export interface GateOptions extends NodeGateOptions {
  /**
   * Parses the body for policies that look at it, for example `bodyParser()` of @koa/bodyparser: after the guards that
   * need only the head, and only when `ctx.request.body` is not there yet. Default: the library's own strict reading,
   * which leaves what it read in `ctx.request.body`.
   */
  readonly parse?: ParseMiddleware;
}

/** Castellan at the doors of a Koa app. */
export interface Gate<P> {
  /**
   * First: `app.use(problems)`. Every request gets its id, its log line, the security headers, the checks of host and
   * CORS, and a preflight its answer; errors and unknown paths leave as problems.
   */
  readonly problems: Middleware;
  /**
   * A middleware before a handler: `router.get('/orders/:id', guard({ scope: 'orders:read' }), handler)`. Without a
   * policy it demands a valid access token.
   *
   * @throws TypeError naming the policy's member when the policy makes no sense
   */
  readonly guard: (policy?: P) => Middleware;
  /** The library's endpoints: `app.use(authRoutes('/auth'))`. */
  readonly authRoutes: (prefix: string) => Middleware;
  /** Whether the process and what it depends on are well: `app.use(healthRoutes('/health'))`. */
  readonly healthRoutes: (prefix: string) => Middleware;
}

/**
 * Makes the gate of a Koa app. Opens nothing and starts no timer.
 * @throws TypeError naming the option that makes no sense
 */
export function createGate<P>(castellan: { readonly http: Entry<P> }, options: GateOptions = {}): Gate<P> {
  const { parse, ...shared } = options;
  if (parse !== undefined && typeof parse !== 'function') throw new TypeError('options.parse must be a middleware');
  const gate = createNodeGate(castellan.http, koaFramework(parse), shared);

  const mount =
    (serve: Mounted<KoaContext>) =>
    (prefix: string): Middleware => {
      if (!/^(\/[^/]+)*$/.test(prefix)) throw new TypeError(`the prefix is a path such as '/auth', not '${prefix}'`);
      return async (context, next) => {
        const path = requestPath(context.originalUrl);
        const inside = path === prefix || path.startsWith(`${prefix}/`);
        const served = inside ? serve(context, { path: path.slice(prefix.length) || '/', prefix }) : undefined;
        await (served ?? next());
      };
    };

  /** What each request has failed with: the source of a body and Koa's pipeline say the same. */
  const failures = new WeakMap<KoaContext, unknown>();
  const fail = (error: unknown, context: KoaContext): void => {
    if (failures.has(context) && failures.get(context) === error) return;
    failures.set(context, error);
    gate.fail(error, context);
  };
  /**
   * Koa's own `onerror` takes the headers away and answers in plain text, for a stream that fails later too. It is
   * replaced once for an app: a function of its own for each request would keep the requests alive from one collection
   * of garbage to the next, and each collection would copy them.
   */
  const onerror: KoaContext['app']['context']['onerror'] = function onerror(error) {
    if (error && !isGone(error, this)) fail(error, this);
  };

  /** Behind the app: what nobody has answered, and bodies whose first byte is not there yet. */
  const answered = (context: KoaContext): void | Promise<void> => {
    if (context.respond === false) return;
    if (isUnanswered(context)) return gate.notFound(context);
    const source = context.req.method === 'HEAD' ? undefined : sourceOf(context);
    if (!source) return;
    source.once('error', (error) => fail(error, context)); // a compression around us would never end
    return begun(source);
  };

  return {
    // no async functions: each costs a request another turn of the queue
    problems(context, next) {
      const { context: shared } = context.app;
      if (shared.onerror !== onerror) shared.onerror = onerror;
      const failed = (error: unknown): void => fail(error, context);
      try {
        if (!gate.front(context)) return Promise.resolve();
        if (!isDecodable(context.originalUrl)) throw new Problem('not_found');
        return Promise.resolve(next()).then(() => answered(context), failed);
      } catch (error) {
        failed(error);
        return Promise.resolve();
      }
    },
    guard(policy) {
      const door = gate.door(gate.compile(policy));
      return (context, next) => {
        const admitted = enterDoor(door, context);
        if (admitted === true) return next();
        return admitted === false ? Promise.resolve() : admitted.then((yes) => (yes ? next() : undefined));
      };
    },
    authRoutes: mount(gate.auth),
    healthRoutes: mount(gate.health),
  };
}

/** Koa begins every answer as a 404 without a body; a handler that says 404 itself has answered. */
function isUnanswered(context: KoaContext): boolean {
  const { response } = context as unknown as { readonly response: { readonly _explicitStatus?: boolean } };
  return (
    context.res.statusCode === 404 && (context.body === undefined || context.body === null) && !response._explicitStatus
  );
}

/** A client that goes away is no failure of the handler; Koa tells it as one. */
function isGone(error: Error & { readonly code?: unknown }, { req, res }: KoaContext): boolean {
  return error.code === 'ERR_STREAM_PREMATURE_CLOSE' || (!res.headersSent && req.socket.destroyed);
}

/** A path with broken percent-encoding names nothing. */
function isDecodable(target: string): boolean {
  if (!target.includes('%')) return true;
  try {
    decodeURIComponent(requestPath(target));
    return true;
  } catch {
    return false;
  }
}
