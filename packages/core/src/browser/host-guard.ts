import type { HttpRequest } from '../http/index.ts';

/**
 * Hosts by name, each with the paths that it serves and all below them: `{ 'admin.example.com': ['/admin'] }`. `/` is
 * everything. `*` stands for every other host: `{ '*': ['/health'] }` for probes that ask by address.
 */
export type HostOptions = Readonly<Record<string, readonly string[]>>;

/** Whether a request asks a host for something that this host serves. */
export type HostGuard = (request: Pick<HttpRequest, 'target' | 'headers'>) => boolean;

const HOST = /^([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$|^\[[0-9a-f:.]+\]$/;

/**
 * Makes the guard. The API's own host serves everything unless it is named; a host that is not named serves nothing.
 *
 * @param ownHost of the API's origin
 * @throws TypeError naming the option that makes no sense
 */
export function createHostGuard(hosts: HostOptions, ownHost: string): HostGuard {
  const served = new Map<string, readonly string[]>([[ownHost, ['/']]]);
  for (const [name, paths] of Object.entries(hosts)) {
    const path = `hosts[${JSON.stringify(name)}]`;
    if (name !== '*' && !HOST.test(name))
      throw new TypeError(`${path} must be a host in lower case, without a port or a dot at its end`);
    for (const one of paths)
      if (!one.startsWith('/') || !isPlain(one) || (one.length > 1 && one.endsWith('/')))
        throw new TypeError(`${path} must hold paths such as '/admin', not ${JSON.stringify(one)}`);
    served.set(name, paths);
  }
  return ({ target, headers }) => {
    const { host, path } = hostAndPath(target, headers.host ?? headers[':authority']);
    const paths = (host === undefined ? undefined : served.get(host)) ?? served.get('*') ?? [];
    return paths.some((prefix) => isBelow(path, prefix));
  };
}

/** RFC 9112 section 3.2.2: of an absolute target the host counts, whatever `Host` says. */
function hostAndPath(target: string, header: string | readonly string[] | undefined) {
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)([^?#]*)/i.exec(target);
  const authority = absolute ? absolute[1] : header;
  const path = absolute ? absolute[2] || '/' : (target.split(/[?#]/, 1)[0] ?? '');
  return { host: typeof authority === 'string' ? hostName(authority) : undefined, path };
}

/** `Admin.Example.com.:8443` is `admin.example.com` (RFC 9110 section 4.2.3). */
function hostName(authority: string): string | undefined {
  const name = authority.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  return HOST.test(name) ? name : undefined;
}

/**
 * Whether a path stays below a prefix for whoever reads it after us: routers compare without case or with it, file
 * servers resolve dot segments, proxies merge slashes or decode once more than they should. What could be read in two
 * ways is below nothing.
 */
function isBelow(path: string, prefix: string): boolean {
  if (prefix === '/') return true;
  for (let read = path; ; ) {
    if (!isPlain(read) || !(read === prefix || read.startsWith(`${prefix}/`))) return false;
    const decoded = decode(read);
    if (decoded === undefined) return read !== path; // broken from the start, or `100%25` read once
    if (decoded === read) return true;
    read = decoded;
  }
}

/** Without dot segments (also with a parameter: `..;a=b`), empty segments, backslashes and control characters. */
function isPlain(path: string): boolean {
  return !/[\\\p{Cc}]|\/\/|\/\.{1,2}(?:[/;]|$)/u.test(path);
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
