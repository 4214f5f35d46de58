import type { CompiledPolicy, Endpoint } from './http/index.ts';
import type { Policy, Shape } from './policy.ts';

/** Names no tier and no action of an app: what a package can say, which knows neither. */
interface NoNames {
  readonly tier: never;
  readonly action: never;
  readonly tx: unknown;
}

/**
 * An endpoint of the app's own, or of a package that it uses, served beside the library's under the same prefix and on
 * every framework the same.
 */
export interface AppEndpoint<S extends Shape = NoNames> extends Omit<Endpoint, 'public'> {
  /** As `guard(…)` takes it. Default: a valid access token is demanded. */
  readonly policy?: Policy<S>;
}

/** The app's endpoints, ready to be mounted. */
export interface AppEndpoints {
  readonly endpoints: readonly Endpoint[];
  /** The policy of one of them; `undefined` for an endpoint of somebody else's. */
  policyOf(endpoint: Endpoint): CompiledPolicy | undefined;
}

const METHODS: readonly unknown[] = ['GET', 'POST', 'PATCH', 'DELETE'] satisfies readonly Endpoint['method'][];

/**
 * Compiles their policies.
 *
 * @throws TypeError naming the endpoint that makes no sense
 */
export function appEndpoints(
  own: readonly AppEndpoint<Shape>[] | undefined = [],
  compile: (policy: Policy | undefined) => CompiledPolicy,
): AppEndpoints {
  const compiled = new Map<Endpoint, CompiledPolicy>();
  for (const [at, endpoint] of own.entries()) {
    const { policy, ...rest } = endpoint;
    const name = `endpoints[${at}] (${endpoint.method} ${endpoint.path})`;
    if (!METHODS.includes(endpoint.method)) throw new TypeError(`${name}: method is ${METHODS.join(', ')}`);
    if (typeof endpoint.handle !== 'function') throw new TypeError(`${name}: handle must be a function`);
    if (policy?.body && rest.body)
      throw new TypeError(`${name}: policy.body reads JSON; leave the endpoint's own body out`);
    const guards = compiledOf(name, policy, compile);
    compiled.set(
      {
        ...rest,
        ...(guards.body.length > 0 && !rest.body && { body: guards.reads ?? [] }),
        public: policy?.public === true,
      },
      guards,
    );
  }
  return { endpoints: [...compiled.keys()], policyOf: (endpoint) => compiled.get(endpoint) };
}

function compiledOf(
  name: string,
  policy: Policy | undefined,
  compile: (policy: Policy | undefined) => CompiledPolicy,
): CompiledPolicy {
  try {
    return compile(policy);
  } catch (error) {
    throw new TypeError(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
