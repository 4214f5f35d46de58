import type { Origin } from '../kernel/index.ts';

/** Whether what was tried succeeded. */
export type AuditOutcome = 'success' | 'failure';

/** A row to be written. Built by the audit slice only, so that no secret can get in. */
export interface AuditEntry {
  /** UUIDv7, made by the library. Appending the same id and `at` twice writes one row. */
  readonly id: string;
  /** Unix ms; left out, the store's own clock. */
  readonly at?: number;
  readonly tenant: string;
  /** Who did it (a subject), where known. */
  readonly actor: string | null;
  /** A past fact named `noun.verb`. */
  readonly action: string;
  readonly targetKind: string | null;
  readonly target: string | null;
  readonly outcome: AuditOutcome;
  readonly origin: Origin;
  readonly meta: Readonly<Record<string, string | number | boolean | null>> | null;
}

/** What a verb carries so that the store writes its audit row in the same atomic step. */
export interface AuditStamp {
  /** UUIDv7 of the row to be written. */
  readonly id: string;
  readonly origin: Origin;
}

/** A row as it is read. */
export interface AuditEvent extends Omit<AuditEntry, 'at'> {
  /** Unix ms. */
  readonly at: number;
}

/** A place in a list ordered by time and id, newest first. */
export interface AuditPosition {
  /** Unix ms. */
  readonly at: number;
  readonly id: string;
}

/** Filters are joined by *and*. */
export interface AuditQuery {
  readonly tenant: string;
  readonly actor?: string;
  readonly action?: string;
  readonly outcome?: AuditOutcome;
  readonly target?: string;
  /** Unix ms, inclusive. */
  readonly from?: number;
  /** Unix ms, exclusive. */
  readonly to?: number;
  /** Rows older than this position only. */
  readonly before?: AuditPosition;
  /** 1–100 rows. */
  readonly limit: number;
  /**
   * Leaves out successful `user.refresh` rows younger than this many ms by the store's clock: what a caller reads of
   * itself must not tell the moment of a refresh (sessions.md, Invariants).
   */
  readonly hideRefreshesMs?: number;
  /** Unix ms in place of the store's clock; for tests. */
  readonly now?: number;
}

/** Where audit rows live: append and read, nothing else. */
export interface AuditStore {
  /** Writes all entries or none; resolves when they are durable. An id that is there already is skipped. */
  append(entries: readonly AuditEntry[]): Promise<void>;
  /** Newest first; at most `limit` rows. `next` is the position to continue from, when there is more. */
  query(query: AuditQuery): Promise<{ readonly events: readonly AuditEvent[]; readonly next: AuditPosition | null }>;
}
