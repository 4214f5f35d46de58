import type { Origin } from '../kernel/index.ts';

/** Facts about limits. */
export type LimitEvents = {
  /** A request was answered 429. */
  readonly 'limit.exceeded': {
    /** Names of the limits that refused. */
    readonly limits: readonly string[];
    readonly tenant: string;
    /** `null`: the caller isn't known. */
    readonly subject: string | null;
    /** The route's template, where it is known. */
    readonly route: string | null;
    readonly origin: Origin;
  };
  /** The store of limits is away or slow; told once per outage. Until it is back `onStoreFailure` decides. */
  readonly 'limit.store_unavailable': { readonly error: unknown };
  readonly 'limit.store_recovered': { readonly awayMs: number };
};

/** Tells one of them. */
export type TellLimit = <N extends keyof LimitEvents>(name: N, fact: LimitEvents[N]) => void;
