import { BODY_LIMIT, type CompiledPolicy, type Entry, type Mount } from '../http/index.ts';
import { type Duration, durationMs } from '../kernel/index.ts';
import { type Beginning, createBeginning } from './begin.ts';
import { createDoor, type Door } from './door.ts';
import { createFailures, type Failures } from './failures.ts';
import type { Framework } from './framework.ts';
import { createMounted, type Mounted } from './mounted.ts';

/** What may be told to the gate of any framework. */
export interface NodeGateOptions {
  /** How long a handler is waited for when the client has gone, before its answer counts as none. Default `'30s'`. */
  readonly abandonAfter?: Duration;
  /** Bytes read of a body that a policy looks at, where no parser of the app reads it. Default 65,536. */
  readonly bodyLimit?: number;
}

/** Castellan at the doors of an app, before a framework's own words are put around it. */
export interface NodeGate<C, P> extends Failures<C> {
  readonly front: Beginning<C>['front'];
  /** @throws TypeError naming the policy's member when the policy makes no sense */
  compile(policy: P | undefined): CompiledPolicy;
  door(policy: CompiledPolicy): Door<C>;
  readonly auth: Mounted<C>;
  readonly health: Mounted<C>;
}

/**
 * Makes the part of a gate that every framework shares.
 * @throws TypeError naming the option that makes no sense
 */
export function createNodeGate<C, P>(
  http: Entry<P>,
  framework: Framework<C>,
  { abandonAfter = '30s', bodyLimit = BODY_LIMIT }: NodeGateOptions,
): NodeGate<C, P> {
  const abandonAfterMs = durationMs(abandonAfter, 'options.abandonAfter');
  if (!Number.isInteger(bodyLimit) || bodyLimit < 1) throw new TypeError('options.bodyLimit is a number of bytes');
  const beginning = createBeginning(http, framework);
  const failures = createFailures(http, framework, beginning);
  /** What fails on the way in is answered here: a framework that was told to keep its hands off would say no more. */
  const refused = (error: unknown, carrier: C): false => {
    failures.fail(error, carrier);
    return false;
  };
  const settled = (admitted: boolean | Promise<boolean>, carrier: C): boolean | Promise<boolean> =>
    admitted instanceof Promise ? admitted.catch((error: unknown) => refused(error, carrier)) : admitted;
  const mounted = (mount: Mount): Mounted<C> => {
    const serve = createMounted(http, framework, beginning, mount);
    return (carrier, at) => serve(carrier, at)?.catch((error: unknown) => failures.fail(error, carrier));
  };
  return {
    ...failures,
    front(carrier) {
      try {
        return beginning.front(carrier);
      } catch (error) {
        return refused(error, carrier);
      }
    },
    compile: (policy) => http.compile(policy),
    door(policy) {
      const door = createDoor(http, framework, beginning, policy, { abandonAfterMs, bodyLimit });
      return {
        wantsBody: door.wantsBody,
        head(carrier) {
          try {
            return settled(door.head(carrier), carrier);
          } catch (error) {
            return refused(error, carrier);
          }
        },
        body: (carrier) => door.body(carrier).catch((error: unknown) => refused(error, carrier)),
      };
    },
    auth: mounted('auth'),
    health: mounted('health'),
  };
}
