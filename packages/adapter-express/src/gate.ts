import type { Entry } from '@castellan/core/http';
import { createNodeGate, enterDoor, type Mounted, type NodeGateOptions, requestPath } from '@castellan/core/node';
import { type ExpressCall, expressFramework, mountPath } from './express-framework.ts';
import { markGuard } from './guard-mark.ts';
import type { ErrorMiddleware, Middleware, ParseMiddleware } from './middleware.ts';

/** What {@link createGate} may be told. */
export interface GateOptions extends NodeGateOptions {
  /**
   * Parses the body for policies that look at it, for example `express.json()`: after the guards that need only the
   * head, and only when `req.body` is not there yet. Default: the library's own strict reading, which leaves what it
   * read in `req.body`.
   */
  readonly parse?: ParseMiddleware;
}

/** Castellan at the doors of an Express app. */
export interface Gate<P> {
  /**
   * First, where it is wanted: `app.use(front)`. Every request gets its id, its log line, the security headers, the
   * checks of host and CORS, and a preflight its answer, also on paths without a guard.
   */
  readonly front: Middleware;
  /**
   * A middleware before a handler: `app.get('/orders/:id', guard({ scope: 'orders:read' }), handler)`. Without a
   * policy it demands a valid access token.
   *
   * @throws TypeError naming the policy's member when the policy makes no sense
   */
  readonly guard: (policy?: P) => Middleware;
  /** The library's endpoints: `app.use('/auth', authRoutes)`. */
  readonly authRoutes: Middleware;
  /** Whether the process and what it depends on are well: `app.use('/health', healthRoutes)`. */
  readonly healthRoutes: Middleware;
  /** Last: `app.use(problems)`. Errors and unknown paths leave as problems. */
  readonly problems: Problems;
}

/** What `app.use(problems)` takes: what no route answered is 404, what was thrown is a problem. */
export type Problems = [notFound: Middleware, failed: ErrorMiddleware];

/**
 * Makes the gate of an Express app. Opens nothing and starts no timer.
 * @throws TypeError naming the option that makes no sense
 */
export function createGate<P>(castellan: { readonly http: Entry<P> }, options: GateOptions = {}): Gate<P> {
  const { parse, ...shared } = options;
  if (parse !== undefined && typeof parse !== 'function') throw new TypeError('options.parse must be a middleware');
  const gate = createNodeGate(castellan.http, expressFramework(parse), shared);

  const mounted =
    (serve: Mounted<ExpressCall>): Middleware =>
    (req, res, next) => {
      // a mounted router sees `''` where the mount itself was asked for, or the whole URL without its prefix
      if (!serve({ req, res }, { path: requestPath(req.url), prefix: mountPath(req) })) next();
    };

  return {
    front(req, res, next) {
      if (gate.front({ req, res })) next();
    },
    guard(policy) {
      const door = gate.door(gate.compile(policy));
      return markGuard((req, res, next) => {
        const admitted = enterDoor(door, { req, res });
        if (admitted === true) next();
        else if (admitted !== false) void admitted.then((yes) => yes && next());
      });
    },
    authRoutes: mounted(gate.auth),
    healthRoutes: mounted(gate.health),
    problems: [
      (req, res) => gate.notFound({ req, res }),
      (error, req, res, _next) => gate.fail(error, { req, res }), // four parameters: Express counts them
    ],
  };
}
