import type { Accounts } from './accounts/index.ts';
import type { ActionTable, Audit, AuditFilter, AuditPage, LibraryActions } from './audit/index.ts';
import type { CastellanEvents } from './castellan-events.ts';
import type { HealthReport } from './health/index.ts';
import type { Carrier, Entry } from './http/index.ts';
import type { Events } from './kernel/index.ts';
import type { Policy, Shape } from './policy.ts';
import type { Aal, MembersOf, Subjects, Transport } from './sessions/index.ts';

/** Asks for a session of an app's own user, whose credential the app has just checked. */
export interface StartSession<T extends Transport = Transport> {
  /** The user's id as a text, known through `subjects.put`. */
  readonly subject: string;
  /** Default: the request's. */
  readonly tenant?: string;
  /** How the user authenticated (RFC 8176): `['pwd']`, `['pwd', 'otp']`, … */
  readonly amr?: readonly string[];
  /** Assurance level, which selects the lifetimes. Default 1. */
  readonly aal?: Aal;
  /** Default `bearer`. `cookie`: the request is checked for CSRF, and the tokens are in `headers`. */
  readonly transport?: T;
  /** The CSRF token from a form, for browsers that show nothing else of where a request comes from. */
  readonly csrfToken?: string;
  /** `subjects.get(id).authEpoch` from before the credential was checked: when it moved since, the start is refused. */
  readonly authEpoch?: number;
  /** The request of the sign-in: address, user agent and request id are taken from it. */
  readonly from: Carrier;
}

/** An answer ready to be sent: `res.set(headers).json(body)`. Nobody forgets `no-store`. */
export interface SessionAnswer<T extends Transport = 'bearer'> {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: MembersOf<T>;
}

/** What the app has declared of its actions; where only their names are known, an entry says no more. */
export type ActionsOf<S extends Shape> = S extends { readonly actions: infer Actions extends ActionTable }
  ? Actions
  : Readonly<Record<S['action'], object>>;

/** The composed library. */
export interface Castellan<S extends Shape = Shape> extends AsyncDisposable {
  /** Carries the app's own names to `createGate`. */
  readonly '~shape'?: S;
  /** What an adapter calls. */
  readonly http: Entry<Policy<S>>;
  /** Facts, told after the step they report is durable. */
  readonly events: Pick<Events<CastellanEvents>, 'on'>;
  /** Users of an app with its own users table. */
  readonly subjects: Subjects;
  readonly sessions: {
    /**
     * Makes a session and its tokens.
     * @throws Problem `invalid_credentials` when the subject is unknown or disabled, or its epoch moved; `csrf_failed`
     */
    start<T extends Transport = 'bearer'>(request: StartSession<T>): Promise<SessionAnswer<T>>;
  };
  /** The accounts' verbs, unless `accounts: false`. */
  readonly accounts: Accounts | undefined;
  readonly audit: {
    /** Reads the ledger, newest first. */
    query(
      filter: Omit<AuditFilter<S['action'] | (keyof LibraryActions & string)>, 'tenant'> & { readonly tenant?: string },
    ): Promise<AuditPage>;
    /** Writes a row of one of the app's own actions; resolves when it is durable. */
    readonly record: Audit<ActionsOf<S>>['record'];
  };
  /** How the stores and what the app depends on are. Never rejects; takes `health.timeout` at most. */
  health(): Promise<HealthReport>;
  /**
   * Imports the keys, checks the stores (schema version, isolation), and begins the feed and the housekeeping. Its
   * timers keep no process alive. A start that fails leaves nothing running and may be repeated.
   *
   * @throws TypeError naming the option that makes no sense
   * @throws Error that says what to run, when the schema is behind
   */
  start(): Promise<void>;
  /** Ends what `start` began; the app's own clients stay open. Repeating it does nothing. */
  stop(): Promise<void>;
}
