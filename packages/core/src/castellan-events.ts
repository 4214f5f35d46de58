import type { AccountEvents } from './accounts/index.ts';
import type { BrowserEvents } from './browser/index.ts';
import type { ListenerFailed } from './kernel/index.ts';
import type { LimitEvents } from './limits/index.ts';
import type { SessionEvents } from './sessions/index.ts';

/** Facts about the stores and the process. */
export type OperationEvents = {
  /** The revocation feed can't be read; told once per outage. Until it is back each request asks the store. */
  readonly 'store.unavailable': { readonly error: unknown };
  readonly 'store.recovered': object;
  /** A health check found a dependency down; told once per outage. `check` is its name. */
  readonly 'health.failed': { readonly check: string; readonly error: unknown };
  readonly 'health.recovered': { readonly check: string };
  /** Something was answered as 500 `internal`, and this is the only place that shows what it was. */
  readonly 'request.failed': {
    readonly error: unknown;
    readonly requestId: string;
    /** Without the query, which may hold what no log should. */
    readonly path: string;
  };
  /** A setting that works and is probably not what was meant; told at the start. */
  readonly 'configuration.warning': { readonly message: string };
  readonly 'listener.failed': ListenerFailed;
};

/** Everything that `castellan.events` tells, after the step it reports is durable. */
export type CastellanEvents = SessionEvents & AccountEvents & BrowserEvents & LimitEvents & OperationEvents;
