import type { Middleware } from './middleware.ts';

/** In the registry: two copies of this package know each other's guards. */
const MARK = Symbol.for('castellan.guard');

/** Marks a middleware as a guard, for `assertGuarded`. */
export function markGuard(middleware: Middleware): Middleware {
  return Object.assign(middleware, { [MARK]: true });
}

/** Whether something on a router's stack is a guard. */
export function isGuard(handler: unknown): boolean {
  return typeof handler === 'function' && MARK in handler;
}
