import type { MonotonicClock } from '../kernel/index.ts';
import { type CheckResult, type HealthCheck, sharedCheck } from './health-check.ts';

/** How the service and what it depends on are. Holds nothing that not everybody may see. */
export interface HealthReport {
  /** Everything is up. */
  readonly ok: boolean;
  readonly service: string;
  /** Every store is up. */
  readonly db_ok: boolean;
  /** By name: `postgres`, and what the app depends on besides. */
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** What {@link createHealth} is made of. */
export interface HealthParts {
  readonly service: string;
  /** The stores, by name. */
  readonly stores: Readonly<Record<string, HealthCheck>>;
  /** What the app depends on besides. */
  readonly own: Readonly<Record<string, HealthCheck>>;
  /** How long each of them is waited for. */
  readonly timeoutMs: number;
  readonly monotonic: MonotonicClock;
  /** Told once per outage, when a check finds it. */
  readonly onDown: (check: string, error: unknown) => void;
  /** Told when a check finds that it is over. */
  readonly onUp: (check: string) => void;
}

/** Asks all dependencies at once. Never rejects, and takes no longer than the time limit. */
export type Health = () => Promise<HealthReport>;

const NAME = /^[A-Za-z][\w.-]{0,63}$/;

/**
 * Makes the function that reports how everything is.
 *
 * @throws TypeError when a check of the app has no good name, has that of a store, or is no function
 */
export function createHealth({ service, stores, own, timeoutMs, monotonic, onDown, onUp }: HealthParts): Health {
  for (const [name, check] of Object.entries(own)) {
    const path = `health.checks.${name}`;
    if (!NAME.test(name)) throw new TypeError(`${path}: a name has letters, digits, '.', '_' and '-', 64 at most`);
    if (Object.hasOwn(stores, name))
      throw new TypeError(`${path}: this is the name of a store, which is checked anyway`);
    if (typeof check !== 'function') throw new TypeError(`${path} must be a function`);
  }
  const shared = Object.entries({ ...stores, ...own }).map(([name, check]) => ({
    name,
    ask: sharedCheck({ check, timeoutMs, monotonic, onDown: (error) => onDown(name, error), onUp: () => onUp(name) }),
  }));
  return async () => {
    const results = await Promise.all(shared.map(async ({ name, ask }) => [name, await ask()] as const));
    return {
      ok: results.every(([, { ok }]) => ok),
      service,
      db_ok: results.every(([name, { ok }]) => ok || !Object.hasOwn(stores, name)),
      checks: Object.fromEntries(results),
    };
  };
}
