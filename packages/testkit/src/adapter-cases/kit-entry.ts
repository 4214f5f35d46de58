import {
  type BodyGuard,
  createEndpointServer,
  createProblemResponse,
  type Endpoint,
  type Entry,
  endpointTable,
  exchangeFactory,
  type Finish,
  type Guard,
  type HttpResponse,
  httpProblems,
  mergeProblems,
  openPassage,
  Problem,
} from '@castellan/core/http';
import { monotonicClock } from '@castellan/core/kernel';

/** A policy that is its own guards. */
export interface KitPolicy {
  readonly head?: readonly Guard[];
  readonly body?: readonly BodyGuard[];
  readonly route?: string;
  /** Makes no sense. */
  readonly mistake?: true;
}

/** A composed library without stores and tokens, as far as an adapter can tell. */
export interface KitCastellan {
  readonly http: Entry<KitPolicy>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Errors that left as `internal`, and those that came too late to leave. */
  readonly reported: readonly unknown[];
  /** How each answer ended, with its request id. */
  readonly finished: readonly (Finish & { readonly requestId: string; readonly route: string | undefined })[];
  /** Resolves when so many requests have come. */
  readonly met: (count: number) => Promise<void>;
  /** Resolves when so many have ended. */
  readonly ended: (count: number) => Promise<void>;
}

/** What a kit's library is made of. */
export interface KitOptions {
  readonly endpoints?: readonly Endpoint[];
  readonly health?: readonly Endpoint[];
  /** Answers before anything else, as CORS does to a preflight. */
  readonly front?: Entry<KitPolicy>['front'];
  /** Throws where a request's tenant can't be told. */
  readonly tenantOf?: () => string;
}

const catalogue = mergeProblems(httpProblems, {
  invalid_token: { status: 401, title: 'The access token is not valid' },
  conflict: { status: 409, title: 'Somebody was faster' },
});

/** Lets `Bearer good` pass. */
export const authenticate: Guard = ({ request, context }) => {
  if (request.headers.authorization !== 'Bearer good')
    throw new Problem('invalid_token', { headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } });
  const claims = { sub: 'alice' };
  context.principal = { subject: 'alice', tenant: '', sessionId: 's1', scopes: new Set(), tier: 'free', claims };
};

/** The caller that {@link authenticate} lets pass. */
export const GOOD: Readonly<Record<string, string>> = { authorization: 'Bearer good' };

/** Makes a library of the http layer's own parts. Request ids are counted: `request-1`, `request-2`. */
export function kitCastellan({ endpoints = [], health = [], front, tenantOf }: KitOptions = {}): KitCastellan {
  const reported: unknown[] = [];
  const finished: KitCastellan['finished'][number][] = [];
  const problem = createProblemResponse({ catalogue, report: (error) => reported.push(error) });
  const compile: Entry<KitPolicy>['compile'] = (policy = { head: [authenticate] }) => {
    if (policy.mistake) throw new TypeError('policy.mistake is not known');
    return { head: policy.head ?? [], body: policy.body ?? [], reads: ['json', 'form'], route: policy.route };
  };
  const tables = { auth: endpointTable(endpoints), health: endpointTable(health) };
  let made = 0;
  const begin = exchangeFactory({ makeId: () => `request-${++made}`, tenantOf });
  const meetings = counter();
  const ends = counter();
  return {
    reported,
    finished,
    met: meetings.reached,
    ended: ends.reached,
    async start() {},
    async stop() {},
    http: {
      compile,
      turn: monotonicClock,
      exchange(request) {
        meetings.count();
        return begin(request);
      },
      front: front ?? ((): HttpResponse | undefined => undefined),
      finished({ context, request }, finish) {
        finished.push({ ...finish, requestId: context.requestId, route: request.route });
        ends.count();
      },
      open: (policy, exchange) => openPassage(policy, exchange, problem),
      match: (method, path, mount = 'auth') => tables[mount](method, path),
      serve: createEndpointServer({ policyOf: (endpoint) => compile(endpoint.public ? {} : undefined), problem }),
      problem,
    },
  };
}

/** Counts, and wakes who waits for a number. */
function counter(): { readonly count: () => void; readonly reached: (wanted: number) => Promise<void> } {
  const waiting: { readonly wanted: number; readonly wake: () => void }[] = [];
  let counted = 0;
  return {
    count() {
      counted++;
      for (const { wanted, wake } of waiting) if (counted >= wanted) wake();
    },
    reached: (wanted) =>
      new Promise((wake) => {
        waiting.push({ wanted, wake });
        if (counted >= wanted) wake();
      }),
  };
}
