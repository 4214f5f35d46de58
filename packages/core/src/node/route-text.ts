/**
 * A route's template as text. Of a pattern it is the pattern, and of several paths all of them: two such routes must not
 * share a name, or they would share their limits.
 */
export function routeText(path: unknown): string | undefined {
  if (Array.isArray(path)) return path.map(routeText).join('|');
  return typeof path === 'string' ? path : path instanceof RegExp ? String(path) : undefined;
}
