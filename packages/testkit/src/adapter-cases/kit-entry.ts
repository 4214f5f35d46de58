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

/** A policy that is its own guards. */
export interface KitPolicy {
  readonly head?: readonly Guard[];
  readonly body?: readonly BodyGuard[];
  readonly route?: string;
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
  readonly started: number;
  readonly stopped: number;
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
  const compile: Entry<KitPolicy>['compile'] = (policy = { head: [authenticate] }) => ({
    head: policy.head ?? [],
    body: policy.body ?? [],
    reads: ['json', 'form'],
    route: policy.route,
  });
  const tables = { auth: endpointTable(endpoints), health: endpointTable(health) };
  const counts = { started: 0, stopped: 0 };
  let made = 0;
  return {
    reported,
    finished,
    get started() {
      return counts.started;
    },
    get stopped() {
      return counts.stopped;
    },
    start: async () => void counts.started++,
    stop: async () => void counts.stopped++,
    http: {
      compile,
      exchange: exchangeFactory({ makeId: () => `request-${++made}`, tenantOf }),
      front: front ?? ((): HttpResponse | undefined => undefined),
      finished: ({ context, request }, finish) =>
        finished.push({ ...finish, requestId: context.requestId, route: request.route }),
      open: (policy, exchange) => openPassage(policy, exchange, problem),
      match: (method, path, mount = 'auth') => tables[mount](method, path),
      serve: createEndpointServer({ policyOf: (endpoint) => compile(endpoint.public ? {} : undefined), problem }),
      problem,
    },
  };
}
