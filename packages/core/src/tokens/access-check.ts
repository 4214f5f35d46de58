import type { Principal } from '../http/index.ts';
import type { Origin } from '../kernel/index.ts';

/** What an access token is checked against, besides itself. */
export interface AccessRequest {
  /** The tenant of the exchange; a token of another one is refused. */
  readonly tenant: string;
  /** Where the call comes from; asked for only when something is written. */
  readonly origin: () => Origin;
  /** True: ask the store about revocation, whatever this process knows. */
  readonly strict: boolean;
  /** The header's whole value, which the token is the end of, where it came in one. */
  readonly line?: string | undefined;
}

/**
 * From a bearer token to its principal: verified, used, not revoked. Synchronous when the token is memoised.
 * @throws Problem `invalid_token`, `token_expired`, `token_stale` or `token_superseded`
 * @throws StoreUnavailableError
 */
export type AccessCheck = (token: string, request: AccessRequest) => Principal | Promise<Principal>;
