import type { Account, Argon2Parameters, HashingGate, PasswordLengths, PasswordVerifier } from './accounts/index.ts';
import type { AppEndpoint } from './app-endpoints.ts';
import type { AppActions, AppTable } from './audit/index.ts';
import type { BrowserOptions } from './compose-browser.ts';
import type { HealthOptions } from './compose-health.ts';
import type { LimitsOptions } from './compose-limits.ts';
import type { HttpRequest, Problem, ProblemTable } from './http/index.ts';
import type { Clock, Duration, MonotonicClock, RandomBytes } from './kernel/index.ts';
import type { Logger } from './logging/index.ts';
import type { ScopesQuestion, SessionOptions } from './sessions/index.ts';
import type { Stores } from './stores.ts';
import type { Tier } from './tiers.ts';

/** What may be set about accounts. */
export interface AccountOptions<Tx> {
  /** Bounds of new passwords. Default 12–128 characters. */
  readonly password?: PasswordLengths;
  /** Argon2id's costs. Default OWASP's: 19,456 KiB, 2 passes, 1 lane. Other hashes are renewed at sign-in. */
  readonly argon2?: Partial<Argon2Parameters>;
  /** Verifiers of hashes that the app already has, such as `bcrypt()` of `@castellan/bcrypt`. */
  readonly legacyHashes?: readonly PasswordVerifier[];
  /** The one door to hashing. Give one to everything in the process that hashes. Default: one of our own. */
  readonly hashingGate?: HashingGate;
  /**
   * Runs inside the transaction that makes the account, after account and subject are written. A throw rolls all back
   * and is what the caller gets.
   */
  readonly onAccountCreated?: (account: Account, transaction: Tx) => Promise<void>;
}

/** What {@link createCastellan} takes. */
export interface CastellanOptions<Tiers extends Readonly<Record<string, Tier>>, Actions extends AppActions, Tx>
  extends BrowserOptions {
  /** Claim `iss`: this API's URL. */
  readonly issuer: string;
  /** Claim `aud`. Default: the issuer. */
  readonly audience?: string;
  /** Claim `client_id`. Default: the audience. */
  readonly clientId?: string;
  /** A private JWK Set, each key with `kid` and `alg`; the first signs. `npx castellan-postgres keys` makes one. */
  readonly keys: string | { readonly keys: readonly object[] };
  /** `1:<base64url of 32 bytes>,2:…`; the first is active. `npx castellan-postgres keys --peppers` makes one. */
  readonly peppers: string;
  readonly stores: Stores<Tx>;
  /** Default: one tier, `default`. */
  readonly tiers?: Tiers;
  /** Of subjects whose tier was never set. Default: the lowest. */
  readonly defaultTier?: NoInfer<keyof Tiers & string>;
  /** Scopes of a subject's access tokens, asked whenever one is made. Default none. */
  readonly scopesOf?: (question: ScopesQuestion) => readonly string[] | Promise<readonly string[]>;
  readonly sessions?: SessionOptions;
  readonly revocation?: {
    /** A revocation made by another process counts after this long at the latest. Default 2 s. */
    readonly maxStaleness?: Duration;
  };
  /** `false`: the app has its own users; no account endpoint is mounted. */
  readonly accounts?: false | AccountOptions<NoInfer<Tx>>;
  readonly audit?: {
    /** The app's own actions: names, or names with what their rows say. */
    readonly actions?: Actions;
    /** `refusals` leaves ordinary refreshes out. Default `all`. */
    readonly refresh?: 'all' | 'refusals';
  };
  /**
   * How often anybody may come. Tiers bring the budgets of routes; the library's own endpoints have theirs, each of which
   * can be set or switched off. `false`: nothing is limited.
   */
  readonly limits?: false | LimitsOptions;
  readonly problems?: {
    /** `type` becomes this URL and the code. Default `urn:castellan:problem:`. */
    readonly typeBase?: string;
    /** The app's own codes. */
    readonly own?: ProblemTable;
    /** Maps the app's own errors. */
    readonly problemOf?: (error: unknown) => Problem | undefined;
  };
  /** Endpoints of the app's own, served beside the library's. */
  readonly endpoints?: readonly AppEndpoint<{
    readonly tier: NoInfer<keyof Tiers & string>;
    readonly action: NoInfer<keyof AppTable<Actions> & string>;
    readonly tx: unknown;
  }>[];
  /** The name of this service, in health reports. Default: the issuer. */
  readonly service?: string;
  /** Takes one line per request, failures and warnings: a pino logger, or `jsonLogger(…)`. Default: nothing is logged. */
  readonly logger?: Logger;
  readonly health?: HealthOptions;
  /** The tenant of a request. Default `''` for all. What it throws is the answer of guards and endpoints, not of health. */
  readonly tenantOf?: (request: HttpRequest) => string;
  /** For tests. */
  readonly clock?: Clock;
  /** For tests. */
  readonly monotonic?: MonotonicClock;
  /** For tests. */
  readonly random?: RandomBytes;
}
