import { routeExceptions } from '@castellan/core/node';
import { isGuard } from './guard-mark.ts';

/** What {@link assertGuarded} may be told. */
export interface AssertGuardedOptions {
  /** Routes that stay open on purpose: `'GET /health'`, or a path for all its methods. */
  readonly except?: readonly string[];
}

/** A layer of a router's stack, as far as it is read. */
interface Layer {
  readonly handle?: unknown;
  readonly route?: { readonly path?: unknown; readonly stack?: readonly Layer[] } | undefined;
  readonly method?: string | undefined;
  /** The path of `use`, where the router keeps it. */
  readonly rawPath?: unknown;
  /** Mounted at the root. */
  readonly slash?: boolean;
  /** Express 4. */
  readonly regexp?: { readonly fast_slash?: boolean };
}

/**
 * For tests: throws when a route of an Express app has no guard, in nested routers and apps too. Express can't tell it
 * while the app runs. Only routes are seen (`app.get`, `router.post`, …), not what a plain middleware answers.
 *
 * @throws Error that lists the routes; TypeError when `app` is no Express app or router
 */
export function assertGuarded(app: object, options: AssertGuardedOptions = {}): void {
  const stack = stackOf(app);
  if (!stack) throw new TypeError('assertGuarded: app must be an Express app or router');
  const isExcepted = routeExceptions(options.except ?? []);
  const open = [...unguarded(stack, '', [])].filter(({ method, path }) => !isExcepted(method, path));
  if (open.length === 0) return;
  const list = open.map(({ method, path }) => `  ${method} ${path}`).join('\n');
  throw new Error(`These routes have no guard; a public one has guard({ public: true }):\n${list}`);
}

interface OpenRoute {
  readonly method: string;
  readonly path: string;
}

/** `guarded`: mount paths at which a guard stands before what comes now. */
function* unguarded(stack: readonly Layer[], prefix: string, guarded: readonly string[]): Generator<OpenRoute> {
  const covered = [...guarded];
  for (const layer of stack) {
    const at = join(prefix, mountPath(layer));
    if (layer.route) {
      const path = join(prefix, textOf(layer.route.path));
      if (covered.some((mount) => covers(mount, path))) continue;
      for (const method of openMethods(layer.route.stack ?? [])) yield { method, path };
    } else if (isGuard(layer.handle)) {
      if (mountPath(layer) !== UNKNOWN) covered.push(at); // it may stand before something else
    } else yield* unguarded(stackOf(layer.handle) ?? [], at, covered);
  }
}

/** Methods whose handler has no guard before it. */
function openMethods(stack: readonly Layer[]): readonly string[] {
  const methods = new Set(stack.map(({ method }) => method?.toUpperCase() ?? 'ALL'));
  const open = [...methods].filter((method) => {
    const own = stack.filter((layer) => layer.method === undefined || layer.method.toUpperCase() === method);
    const guards = own.filter(({ handle }) => isGuard(handle));
    // the last one is the handler: a guard that stands there keeps nothing
    return guards.length < own.length && (guards.length === 0 || guards.at(-1) === own.at(-1));
  });
  return open.length > ALL_METHODS ? ['ALL'] : open;
}

/** `app.all` declares a route for every method that Node knows. */
const ALL_METHODS = 20;

function covers(mount: string, path: string): boolean {
  return mount === '' || path === mount || path.startsWith(`${mount}/`);
}

/** A path that the router (before 2.3) does not tell. */
const UNKNOWN = '…';

/** Where a layer of `use` is mounted. */
function mountPath({ rawPath, slash, regexp }: Layer): string {
  if (slash || regexp?.fast_slash) return '';
  return rawPath === undefined ? UNKNOWN : textOf(rawPath);
}

function textOf(path: unknown): string {
  if (Array.isArray(path)) return path.map(textOf).join('|');
  return typeof path === 'string' ? path : path instanceof RegExp ? String(path) : UNKNOWN;
}

function join(prefix: string, path: string): string {
  return prefix + (path === '/' ? (prefix === '' ? '/' : '') : path.startsWith('/') || path === '' ? path : `/${path}`);
}

/** The stack of an app (Express 5: `router`, Express 4: `_router`) or of a router. */
function stackOf(app: unknown): readonly Layer[] | undefined {
  if (typeof app !== 'function' && (typeof app !== 'object' || app === null)) return undefined;
  const { stack, _router: old } = app as { readonly stack?: unknown; readonly _router?: unknown };
  if (Array.isArray(stack)) return stack as readonly Layer[];
  if (old !== undefined) return stackOf(old);
  return 'router' in app ? stackOf(app.router) : undefined;
}
