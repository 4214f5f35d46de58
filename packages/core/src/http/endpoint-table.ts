import type { Endpoint } from './endpoint.ts';
import type { EndpointMatch, Entry, Mount } from './entry.ts';

interface Place {
  readonly segments: readonly string[];
  readonly byMethod: Map<string, Endpoint>;
}

/** Looks up what a method and a path below the prefix name. `undefined`: nothing of ours. */
export type EndpointTable = (method: string, path: string) => EndpointMatch | undefined;

/**
 * Makes the table of mounted endpoints. Paths are compared as they were sent, case and trailing slash included; only
 * the values of `:name` are decoded, once. `HEAD` is served as `GET`.
 *
 * @throws TypeError when two endpoints share a method and a path, or a path has no slash at its start
 */
export function endpointTable(endpoints: readonly Endpoint[]): EndpointTable {
  const fixed = new Map<string, Place>();
  const open = new Map<string, Place>();
  for (const endpoint of endpoints) {
    const { method, path } = endpoint;
    if (!path.startsWith('/')) throw new TypeError(`endpoint ${method} ${path}: the path must start with a slash`);
    const places = path.includes('/:') ? open : fixed;
    const shape = path.replace(/\/:[^/]*/g, '/:'); // parameters' names do not tell two paths apart
    const place = places.get(shape) ?? { segments: path.split('/'), byMethod: new Map<string, Endpoint>() };
    if (place.byMethod.has(method)) throw new TypeError(`endpoint ${method} ${path} is declared twice`);
    place.byMethod.set(method, endpoint);
    places.set(shape, place);
  }
  return (method, path) => {
    const place = fixed.get(path);
    if (place) return choose(place, method, {});
    for (const candidate of open.values()) {
      const values = valuesOf(candidate.segments, path);
      if (values) return choose(candidate, method, values);
    }
    return undefined;
  };
}

/** A table for each mount. */
export function endpointTables(mounts: Readonly<Record<Mount, readonly Endpoint[]>>): Entry<unknown>['match'] {
  const tables = { auth: endpointTable(mounts.auth), health: endpointTable(mounts.health) };
  return (method, path, mount = 'auth') => tables[mount](method, path);
}

function choose(place: Place, method: string, values: Readonly<Record<number, string>>): EndpointMatch {
  const endpoint = place.byMethod.get(method === 'HEAD' ? 'GET' : method);
  if (!endpoint) {
    const methods = [...place.byMethod.keys()];
    return { allow: methods.flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one])) };
  }
  const params: Record<string, string> = {};
  for (const [at, segment] of endpoint.path.split('/').entries())
    if (segment.startsWith(':')) params[segment.slice(1)] = values[at] ?? '';
  return { endpoint, params };
}

/** The decoded values of a path's parameters by their position, or `undefined` when it has another form. */
function valuesOf(segments: readonly string[], path: string): Readonly<Record<number, string>> | undefined {
  const given = path.split('/');
  if (given.length !== segments.length) return undefined;
  const values: Record<number, string> = {};
  for (const [at, segment] of segments.entries()) {
    const text = given[at] ?? '';
    if (!segment.startsWith(':')) {
      if (text !== segment) return undefined;
      continue;
    }
    const value = decode(text);
    if (value === undefined) return undefined;
    values[at] = value;
  }
  return values;
}

/** An empty or broken value, and one with NUL, which no store takes, name nothing. */
function decode(text: string): string | undefined {
  try {
    const value = decodeURIComponent(text);
    return value === '' || value.includes('\0') ? undefined : value;
  } catch {
    return undefined;
  }
}
