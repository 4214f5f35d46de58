import type { CastellanEvents } from './castellan-events.ts';
import { createHealth, type Health, type HealthCheck } from './health/index.ts';
import { type Duration, durationMs, type Events, type MonotonicClock } from './kernel/index.ts';
import type { StoreService } from './stores.ts';

/** What may be set about health. */
export interface HealthOptions {
  /** How long each dependency is waited for. Default 2 s. */
  readonly timeout?: Duration;
  /**
   * What the app depends on besides the stores, by name. A check is down when it throws, rejects, answers `false` or
   * takes too long; `signal` is aborted then.
   */
  readonly checks?: Readonly<Record<string, HealthCheck>>;
}

/** What {@link composeHealth} is made of. */
export interface ComposeHealthParts {
  readonly service: string;
  readonly options: HealthOptions | undefined;
  readonly services: readonly StoreService[];
  readonly monotonic: MonotonicClock;
  readonly tell: Events<CastellanEvents>['emit'];
}

/** @throws TypeError naming the option that makes no sense */
export function composeHealth({ service, options = {}, services, monotonic, tell }: ComposeHealthParts): Health {
  const timeoutMs = durationMs(options.timeout ?? '2s', 'health.timeout');
  if (timeoutMs === 0) throw new TypeError('health.timeout must be longer than nothing');
  return createHealth({
    service,
    stores: Object.fromEntries(services.map((store) => [store.name, () => store.health()])),
    own: options.checks ?? {},
    timeoutMs,
    monotonic,
    onDown: (check, error) => tell('health.failed', { check, error }),
    onUp: (check) => tell('health.recovered', { check }),
  });
}
