import type { Entry } from '@castellan/core/http';
import { type Duration, durationMs } from '@castellan/core/kernel';
import { createAuthRoutes } from './auth-routes.ts';
import { createGuard } from './guard.ts';
import type { Middleware, ParseMiddleware } from './middleware.ts';
import { createProblems, type Problems } from './problems.ts';

/** What {@link createGate} may be told. */
export interface GateOptions {
  /**
   * Parses the body for policies that look at it, for example `express.json()`: after the guards that need only the
   * head, and only when `req.body` is not there yet.
   */
  readonly parse?: ParseMiddleware;
  /** How long a handler is waited for when the client has gone, before its answer counts as none. Default `'30s'`. */
  readonly abandonAfter?: Duration;
}

/** Castellan at the doors of an Express app. */
export interface Gate<P> {
  /**
   * A middleware before a handler: `app.get('/orders/:id', guard({ scope: 'orders:read' }), handler)`. Without a
   * policy it demands a valid access token.
   *
   * @throws TypeError naming the policy's member when the policy makes no sense
   */
  readonly guard: (policy?: P) => Middleware;
  /** The library's endpoints: `app.use('/auth', authRoutes)`. */
  readonly authRoutes: Middleware;
  /** Last: `app.use(problems)`. Errors and unknown paths leave as problems. */
  readonly problems: Problems;
}

/** Makes the gate of an Express app. Opens nothing and starts no timer. */
export function createGate<P>(castellan: { readonly http: Entry<P> }, options: GateOptions = {}): Gate<P> {
  const { http } = castellan;
  const { parse, abandonAfter = '30s' } = options;
  if (parse !== undefined && typeof parse !== 'function') throw new TypeError('options.parse must be a middleware');
  const abandonAfterMs = durationMs(abandonAfter, 'options.abandonAfter');
  return {
    guard: createGuard(http, { parse, abandonAfterMs }),
    authRoutes: createAuthRoutes(http),
    problems: createProblems(http),
  };
}
