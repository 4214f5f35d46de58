import type { AuditStamp } from '../audit/audit-store.ts';

/** Who a session is about. `core/accounts` writes it for its accounts, an app with its own users table for them. */
export interface Subject {
  readonly tenant: string;
  /** 1–255 characters. */
  readonly id: string;
  /** Moves at password reset, log-out everywhere and disable: all sessions and access tokens die. */
  readonly authEpoch: number;
  /** Moves when tier or roles change: access tokens go stale, sessions live on. */
  readonly claimsEpoch: number;
  /** `null`: the default tier. */
  readonly tier: string | null;
  /** Unix ms, or `null`. A disabled subject is never deleted while a token of it can live. */
  readonly disabledAt: number | null;
}

/** Which subject, and what the audit row says. */
export interface SubjectCall {
  readonly tenant: string;
  readonly id: string;
  readonly audit: AuditStamp;
  /** Who did it, for the audit row; `null` for the app itself. */
  readonly actor: string | null;
  /** Unix ms in place of the store's clock; for tests. */
  readonly now?: number;
}

/** The subject after the verb, or `not_found`. `changed` is false when it was so already: then nothing was written. */
export type SubjectOutcome =
  | { readonly outcome: 'done'; readonly changed: boolean; readonly subject: Subject; readonly now: number }
  | { readonly outcome: 'not_found' };

/** The subjects' verbs. Each is one atomic step and writes its own revocation and audit rows. */
export interface SubjectStore {
  /** Reads one. */
  read(tenant: string, id: string): Promise<Subject | undefined>;
  /**
   * Makes the subject known, or sets the tier of a known one (then as {@link setTier}). `tier: undefined` leaves a
   * known subject's tier alone. Never enables a disabled one.
   */
  put(call: SubjectCall & { readonly tier: string | null | undefined }): Promise<SubjectOutcome>;
  /** Sets the tier; when it changes, `claimsEpoch` + 1, revocation `claims_epoch`, audit `tier.change`. */
  setTier(call: SubjectCall & { readonly tier: string | null }): Promise<SubjectOutcome>;
  /** Disables: `authEpoch` + 1, revocation `auth_epoch`, audit `subject.disable`. */
  disable(call: SubjectCall): Promise<SubjectOutcome>;
  /** Lets it sign in again; its earlier sessions stay dead. Audit `subject.enable`. */
  enable(call: SubjectCall): Promise<SubjectOutcome>;
  /** Ends everything of the subject: `authEpoch` + 1, revocation `auth_epoch`, audit `user.logout_all`. */
  endAll(call: SubjectCall): Promise<SubjectOutcome>;
}
