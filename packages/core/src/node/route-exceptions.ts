/** Whether a route is among those that need no policy. */
export type IsExcepted = (method: string, path: string) => boolean;

/**
 * Reads the routes that need no policy: `'GET /docs'`, or a path for all its methods, each with `*` at its end for
 * everything below. `HEAD` is excepted with `GET`: frameworks declare it beside.
 */
export function routeExceptions(except: readonly string[]): IsExcepted {
  return (method, path) => {
    const names = [path, `${method} ${path}`, ...(method === 'HEAD' ? [`GET ${path}`] : [])];
    return except.some((one) =>
      one.endsWith('*') ? names.some((name) => name.startsWith(one.slice(0, -1))) : names.includes(one),
    );
  };
}
