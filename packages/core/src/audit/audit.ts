import { type FieldFault, Problem } from '../http/index.ts';
import type { MakeId, Origin } from '../kernel/index.ts';
import type { ActionRegistry, ActionTable, MetaOf } from './action-registry.ts';
import { readCursor, writeCursor } from './audit-cursor.ts';
import type { AuditEvent, AuditOutcome, AuditPosition, AuditStamp, AuditStore } from './audit-store.ts';
import type { LibraryActions } from './library-actions.ts';
import { safeOrigin } from './safe-origin.ts';

/** A fact to be written down. Members of `meta` that the action doesn't declare don't compile. */
export interface AuditFact<T extends ActionTable, A extends keyof T & string> {
  readonly tenant: string;
  readonly action: A;
  /** Who did it (a subject), where known. */
  readonly actor: string | null;
  /** What it was done to; its kind is the action's. */
  readonly target?: string | null;
  readonly outcome: AuditOutcome;
  readonly origin: Origin;
  readonly meta?: MetaOf<T[A]>;
}

/** Filters, joined by *and*. */
export interface AuditFilter<A extends string = string> {
  readonly tenant: string;
  readonly actor?: string;
  readonly action?: A;
  readonly outcome?: AuditOutcome;
  readonly target?: string;
  /** Inclusive. */
  readonly from?: Date;
  /** Exclusive. */
  readonly to?: Date;
  /** `next_cursor` of the page before. */
  readonly cursor?: string;
  /** 1–100, default 20. */
  readonly limit?: number;
  /** Leaves out ordinary refreshes younger than this many ms; for what callers read of themselves. */
  readonly hideRefreshesMs?: number;
}

/** Newest first. */
export interface AuditPage {
  readonly items: readonly AuditEvent[];
  /** Where the next page begins; `null` on the last. */
  readonly next_cursor: string | null;
}

/** The ledger. Every entry is made here: the ports' verbs take stamps, and `record` writes the rest. */
export interface Audit<T extends ActionTable = LibraryActions> {
  /** The names of all actions that can be recorded. */
  readonly actions: readonly (keyof T & string)[];
  /** Whether entries of an action may say which status was answered (`status: 'integer'`). */
  saysStatus(action: keyof T & string): boolean;
  /** What a verb carries so that the store writes its row in the same step. */
  stamp(origin: Origin): AuditStamp;
  /**
   * Writes one entry and resolves when it is durable.
   * @throws TypeError when the fact is not what its action declares
   */
  record<A extends keyof T & string>(fact: AuditFact<T, A>): Promise<void>;
  /**
   * Reads a page.
   * @throws Problem 422 `validation_failed` for a cursor, limit or time that makes no sense
   */
  query(filter: AuditFilter<keyof T & string>): Promise<AuditPage>;
}

/** What {@link createAudit} is made of. */
export interface AuditParts<T extends ActionTable> {
  readonly store: AuditStore;
  readonly makeId: MakeId;
  readonly registry: ActionRegistry<T>;
}

/** Makes the ledger over a store. */
export function createAudit<T extends ActionTable>({ store, makeId, registry }: AuditParts<T>): Audit<T> {
  return {
    actions: registry.names,
    saysStatus: (action) => registry.declares(action, 'status', 'integer'),
    stamp: (origin) => ({ id: makeId(), origin: safeOrigin(origin) }),
    async record({ tenant, action, actor, target, outcome, origin, meta }) {
      const details = registry.check(action, target ?? null, meta ?? null);
      await store.append([{ id: makeId(), tenant, actor, action, ...details, outcome, origin: safeOrigin(origin) }]);
    },
    async query({ cursor, limit = 20, from, to, hideRefreshesMs, ...filter }) {
      const before = cursor === undefined ? undefined : readCursor(cursor);
      refuseFaults([
        ...(cursor !== undefined && !before ? [fault('cursor', 'is not a cursor of this list')] : []),
        ...(Number.isInteger(limit) && limit >= 1 && limit <= 100 ? [] : [fault('limit', 'must be 1 to 100')]),
        ...timeFaults('from', from),
        ...timeFaults('to', to),
      ]);
      const { events, next } = await store.query({
        ...filter,
        limit,
        ...(before && { before }),
        ...(from && { from: from.getTime() }),
        ...(to && { to: to.getTime() }),
        ...(hideRefreshesMs !== undefined && { hideRefreshesMs }),
      });
      return { items: events, next_cursor: cursorOf(next) };
    },
  };
}

function cursorOf(next: AuditPosition | null): string | null {
  return next && writeCursor(next);
}

function timeFaults(pointer: string, time: Date | undefined): FieldFault[] {
  return time && Number.isNaN(time.getTime()) ? [fault(pointer, 'must be a time')] : [];
}

function fault(pointer: string, detail: string): FieldFault {
  return { pointer, code: 'invalid', detail };
}

function refuseFaults(fields: readonly FieldFault[]): void {
  if (fields.length > 0) throw new Problem('validation_failed', { fields });
}
