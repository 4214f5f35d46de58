import type { onRequestHookHandler, preParsingHookHandler, RouteOptions } from 'fastify';

interface Hooks {
  onRequest: onRequestHookHandler;
  preParsing: preParsingHookHandler;
}

/** In the registry, as a route may be declared twice over with one set of options: with and without a last slash. */
const OURS = Symbol.for('castellan.hook');

/** Puts a hook before those that a route has, once. */
export function first<N extends keyof Hooks>(route: RouteOptions, name: N, hook: Hooks[N]): void {
  const own = route[name] ?? [];
  const hooks = (Array.isArray(own) ? own : [own]) as Hooks[N][];
  if (hooks.some((one) => OURS in one)) return;
  (route as Record<N, unknown>)[name] = [Object.assign(hook, { [OURS]: true }), ...hooks];
}
