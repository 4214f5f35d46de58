import type { Entry, Mount } from '../http/index.ts';
import type { Beginning } from './begin.ts';
import type { Framework } from './framework.ts';
import { requestBody } from './request-body.ts';
import { send } from './send.ts';

/** Where a table of endpoints is mounted, as one request met it. */
export interface MountPoint {
  /** The request's path below the prefix, as it was sent. */
  readonly path: string;
  /** The prefix, for the route's template. */
  readonly prefix: string;
}

/** Serves a mounted endpoint. `undefined`: the path is none of ours. That of a gate never rejects. */
export type Mounted<C> = (carrier: C, at: MountPoint) => Promise<void> | undefined;

/** Makes the server of a mount's endpoints. */
export function createMounted<C, P>(
  http: Entry<P>,
  framework: Framework<C>,
  beginning: Beginning<C>,
  mount: Mount,
): Mounted<C> {
  const serve = async (
    carrier: C,
    match: NonNullable<ReturnType<typeof http.match>>,
    prefix: string,
  ): Promise<void> => {
    const endpoint = 'endpoint' in match ? match.endpoint : undefined;
    const seat = beginning.meet(carrier, endpoint && prefix + (endpoint.path === '/' ? '' : endpoint.path));
    if (!seat) return;
    const request = framework.request(carrier);
    const body = () => requestBody(request, framework.body(carrier).value, endpoint?.body ?? []);
    const answer = await http.serve(match, seat.exchange, body);
    framework.release(carrier);
    send(request, framework.response(carrier), seat.exchange, answer);
  };
  return (carrier, { path, prefix }) => {
    const match = http.match(framework.request(carrier).method ?? 'GET', path, mount);
    return match && serve(carrier, match, prefix);
  };
}

/** The path below a prefix of so many segments, as it was sent: a prefix may have parameters. */
export function pathBelow(path: string, segments: number): string {
  return `/${path
    .split('/')
    .slice(segments + 1)
    .join('/')}`;
}
