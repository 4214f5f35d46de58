/**
 * The store is away, or did not answer in time. It is the only reason for which a store's verb rejects: verdicts are
 * outcomes. Guards answer 503 `store_unavailable`, never 401.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  /** Which store, for logs: `postgres`, `redis`. Never on the wire. */
  readonly store: string;

  constructor(store: string, message: string, options?: { readonly cause?: unknown }) {
    super(`${store}: ${message}`, options);
    this.store = store;
  }
}
