import {
  type BodyGuard,
  type CompiledPolicy,
  createEndpointServer,
  createProblemResponse,
  type Endpoint,
  type Entry,
  endpointTable,
  exchangeFactory,
  type Guard,
  httpProblems,
  mergeProblems,
  openPassage,
  Problem,
} from '@castellan/core/http';

/** A policy that is its own guards. */
export interface TestPolicy {
  readonly head?: readonly Guard[];
  readonly body?: readonly BodyGuard[];
  readonly route?: string;
}

/** What tests see of an entry besides. */
export interface TestEntry {
  readonly http: Entry<TestPolicy>;
  /** Errors that left as `internal`, and those that came too late to leave. */
  readonly reported: unknown[];
}

const catalogue = mergeProblems(httpProblems, {
  invalid_token: { status: 401, title: 'The access token is not valid' },
  conflict: { status: 409, title: 'Somebody was faster' },
});

/** Lets `Bearer good` pass. */
export const authenticate: Guard = ({ request, context }) => {
  if (request.headers.authorization !== 'Bearer good')
    throw new Problem('invalid_token', { headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } });
  context.principal = {
    subject: 'alice',
    tenant: '',
    sessionId: 's1',
    scopes: new Set(),
    tier: 'free',
    claims: { sub: 'alice' },
  };
};

/** An entry of the http layer's own parts, without stores and tokens. */
export function testEntry(endpoints: readonly Endpoint[] = []): TestEntry {
  const reported: unknown[] = [];
  const problem = createProblemResponse({ catalogue, report: (error) => reported.push(error) });
  const compile = (policy: TestPolicy = { head: [authenticate] }): CompiledPolicy => ({
    head: policy.head ?? [],
    body: policy.body ?? [],
    reads: ['json', 'form'],
    route: policy.route,
  });
  let made = 0;
  return {
    reported,
    http: {
      compile,
      exchange: exchangeFactory({ makeId: () => `request-${++made}` }),
      front: () => undefined,
      open: (policy, exchange) => openPassage(policy, exchange, problem),
      match: endpointTable(endpoints),
      serve: createEndpointServer({
        policyOf: (endpoint) => compile(endpoint.public ? {} : undefined),
        problem,
      }),
      problem,
    },
  };
}
