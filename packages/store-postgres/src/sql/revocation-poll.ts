import type { Revocation, RevocationBatch } from '@castellan/core/revocation';
import { readInt, readIntOrNull, readMs, readText } from '../driver/columns.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { revocationKinds } from './codes.ts';

/**
 * `life` tells a server from the one before: every restore and every fail-over is another start. `horizon` is the
 * oldest transaction that may still be open: whatever it or a later one writes is read by the next poll, however late
 * it commits.
 */
const MARK = `select pg_snapshot_xmin(pg_current_snapshot())::text as horizon,
    extract(epoch from pg_postmaster_start_time())::text as life, clock_timestamp() as now`;

const ENTRY = 'r.tenant, r.kind, r.key, r.epoch, r.expires_at';

/**
 * Everything that transactions at or above `$1` wrote. Nothing waits for the horizon: a long transaction anywhere
 * delays nothing, some rows come twice instead. `stale` tells that the cursor is of another life, or of a horizon that
 * this server has not reached: then the rows mean nothing, and the feed is seeded anew.
 */
export function revocationPollStatement(s: string): Statement {
  return statement(`with m as materialized (
  ${MARK}
)
select m.horizon, m.life, m.now, m.horizon::xid8 < $1::xid8 or m.life <> $2::text as stale, ${ENTRY}
from m left join ${s}.revocation r on r.tx >= $1::xid8`);
}

/** All revocations that a token can still meet. */
export function revocationSeedStatement(s: string): Statement {
  return statement(`with m as materialized (
  ${MARK}
)
select m.horizon, m.life, m.now, false as stale, ${ENTRY}
from m left join ${s}.revocation r on r.expires_at > m.now`);
}

/** A row of either; one without `kind` when there is no news. */
export interface RevocationRow {
  readonly horizon: unknown;
  readonly life: unknown;
  readonly now: unknown;
  readonly stale: unknown;
  readonly tenant: unknown;
  readonly kind: unknown;
  readonly key: unknown;
  readonly epoch: unknown;
  readonly expires_at: unknown;
}

const CURSOR = /^(\d{1,20})@(\d{1,20}(?:\.\d{1,9})?)$/;

/** Horizon and life of a cursor; `undefined` for what no poll gave. */
export function readCursor(cursor: string): readonly [horizon: string, life: string] | undefined {
  const [, horizon, life] = CURSOR.exec(cursor) ?? [];
  return horizon === undefined || life === undefined ? undefined : [horizon, life];
}

export function readRevocations(rows: readonly RevocationRow[], seeded: boolean): RevocationBatch {
  const [mark] = rows;
  return {
    entries: rows.filter(({ kind }) => kind !== null).map(readRevocation),
    cursor: `${readText(mark?.horizon)}@${readText(mark?.life)}`,
    now: readMs(mark?.now),
    seeded,
  };
}

function readRevocation(row: RevocationRow): Revocation {
  const kind = revocationKinds[readInt(row.kind)];
  if (!kind) throw new TypeError('expected a kind of revocation');
  return {
    tenant: readText(row.tenant),
    kind,
    key: readText(row.key),
    epoch: readIntOrNull(row.epoch),
    expiresAt: readMs(row.expires_at),
  };
}
