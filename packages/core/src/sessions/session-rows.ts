import type { Clock } from '../kernel/index.ts';
import type { SessionRow } from './session-row.ts';

/** The rows of a {@link memorySessionStore}. */
export interface SessionRows {
  get(id: string): SessionRow | undefined;
  /** Adds a row or puts it in the place of the one with its id. */
  set(row: SessionRow): void;
  /** Those of one subject, newest first: UUIDv7 orders by creation. */
  of(tenant: string, subject: string): readonly SessionRow[];
}

/** A row is forgotten this long after its absolute life has ended: until then it can say why it refuses. */
const REMEMBERED_MS = 86_400_000;
const FIRST_SWEEP = 10_000;

/** Makes an empty table. It forgets what is long over whenever it has doubled, so it doesn't outgrow what lives. */
export function sessionRows(clock: Clock): SessionRows {
  const rows = new Map<string, SessionRow>();
  const idsOf = new Map<string, Set<string>>();
  let sweepAt = FIRST_SWEEP;

  const sweep = (): void => {
    const over = clock() - REMEMBERED_MS;
    for (const row of rows.values()) {
      if (row.expiresAt > over) continue;
      rows.delete(row.id);
      const key = keyOf(row.tenant, row.subject);
      idsOf.get(key)?.delete(row.id);
      if (idsOf.get(key)?.size === 0) idsOf.delete(key);
    }
    sweepAt = Math.max(FIRST_SWEEP, 2 * rows.size);
  };

  return {
    get: (id) => rows.get(id),
    set(row) {
      if (!rows.has(row.id)) {
        if (rows.size >= sweepAt) sweep();
        const key = keyOf(row.tenant, row.subject);
        idsOf.set(key, (idsOf.get(key) ?? new Set()).add(row.id));
      }
      rows.set(row.id, row);
    },
    of(tenant, subject) {
      const ids = [...(idsOf.get(keyOf(tenant, subject)) ?? [])].sort().reverse();
      return ids.map((id) => rows.get(id)).filter((row) => row !== undefined);
    },
  };
}

/** No tenant contains NUL. */
function keyOf(tenant: string, subject: string): string {
  return `${tenant}\0${subject}`;
}
