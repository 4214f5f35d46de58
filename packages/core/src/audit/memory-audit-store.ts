import { type Clock, systemClock } from '../kernel/index.ts';
import type { AuditEntry, AuditEvent, AuditPosition, AuditQuery, AuditStore } from './audit-store.ts';

/** An {@link AuditStore} in memory. */
export interface MemoryAuditStore extends AuditStore {
  /** Appends one entry at once: how the other memory stores write it in the same step as what it tells. */
  write(entry: AuditEntry): void;
}

/**
 * The audit trail in memory, for tests and for single-process use: it grows with what happens and ends with the process.
 *
 * @param options.clock the store's clock, where an entry or a query brings no time of its own
 */
export function memoryAuditStore({ clock = systemClock }: { readonly clock?: Clock } = {}): MemoryAuditStore {
  const trails = new Map<string, AuditEvent[]>(); // by tenant, newest last
  const keys = new Set<string>(); // id and time: the primary key

  function write(entry: AuditEntry): void {
    const event = copyOf({ ...entry, at: entry.at ?? clock() });
    const key = `${event.id}@${event.at}`;
    if (keys.has(key)) return;
    keys.add(key);
    const trail = trails.get(event.tenant) ?? [];
    trails.set(event.tenant, trail);
    trail.splice(placeOf(event, trail), 0, event);
  }

  return {
    write,
    async append(entries) {
      for (const entry of entries) write(entry);
    },
    async query(query) {
      const now = query.now ?? clock();
      const trail = trails.get(query.tenant) ?? [];
      const page: AuditEvent[] = [];
      for (let i = trail.length - 1; i >= 0 && page.length <= query.limit; i--) {
        const event = trail[i] as AuditEvent;
        if (matches(event, query, now)) page.push(copyOf(event));
      }
      const last = page.length > query.limit ? page[query.limit - 1] : undefined;
      return { events: page.slice(0, query.limit), next: last ? { at: last.at, id: last.id } : null };
    },
  };
}

/** Where an event belongs in a trail that is in order. */
function placeOf(event: AuditEvent, trail: readonly AuditEvent[]): number {
  let low = 0;
  let high = trail.length;
  if (high === 0 || isNewer(event, trail[high - 1] as AuditEvent)) return high; // nearly always
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isNewer(event, trail[middle] as AuditEvent)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function matches(event: AuditEvent, query: AuditQuery, now: number): boolean {
  return (
    (query.actor === undefined || event.actor === query.actor) &&
    (query.action === undefined || event.action === query.action) &&
    (query.outcome === undefined || event.outcome === query.outcome) &&
    (query.target === undefined || event.target === query.target) &&
    (query.from === undefined || event.at >= query.from) &&
    (query.to === undefined || event.at < query.to) &&
    (query.before === undefined || isNewer(query.before, event)) &&
    !(query.hideRefreshesMs !== undefined && isOrdinaryRefresh(event) && now - event.at < query.hideRefreshesMs)
  );
}

function isOrdinaryRefresh(event: AuditEvent): boolean {
  return event.action === 'user.refresh' && event.outcome === 'success';
}

function isNewer(a: AuditPosition, b: AuditPosition): boolean {
  return a.at > b.at || (a.at === b.at && a.id > b.id);
}

/** Nothing that a caller holds is what the store holds. */
function copyOf(event: AuditEvent): AuditEvent {
  const { id, at, tenant, actor, action, targetKind, target, outcome, origin, meta } = event;
  const { ip, userAgent, requestId } = origin;
  return {
    id,
    at,
    tenant,
    actor,
    action,
    targetKind,
    target,
    outcome,
    origin: { ip, userAgent, requestId },
    meta: meta && { ...meta },
  };
}
