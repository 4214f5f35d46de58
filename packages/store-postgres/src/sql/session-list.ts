import type { ListCall, SessionPage, SessionView } from '@castellan/core/sessions';
import { readInt, readMs, readText, readTextOrNull } from '../driver/columns.ts';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundNow } from './bound.ts';
import { clock } from './fragments.ts';
import { readAal } from './issued-session.ts';
import { live } from './live.ts';

/** Totals stop counting here: a subject with very many sessions costs what others cost. */
const MOST_COUNTED = 1000;

/** A page of live sessions, newest first (UUIDv7 orders by creation), from the partial index. */
export function listStatement(s: string): Statement {
  const liveSessions = (columns: string): string => `select ${columns}
    from (
      select s.id, s.created_at, s.last_used_at, s.idle_expires_at, s.expires_at, s.aal, s.ip, s.user_agent,
        s.user_epoch, s.revoked_at, u.auth_epoch, u.disabled_at
      from ${s}.session s, ${s}.subject u
      where s.tenant = $1::text and s.subject = $2::text and s.revoked_at is null and u.tenant = $1::text and u.id = $2::text
    ) x
    where ${live('x', 't.now')}`;
  return statement(`with t as materialized (
  select ${clock('$5::timestamptz')} as now
)
select t.now, c.total, i.id::text as id, i.created_at, i.last_used_at, i.idle_expires_at, i.expires_at, i.aal, host(i.ip) as ip, i.user_agent
from t
cross join lateral (select count(*) as total from (${liveSessions('1')} limit ${MOST_COUNTED + 1}) n) c
left join lateral (
  ${liveSessions('x.id, x.created_at, x.last_used_at, x.idle_expires_at, x.expires_at, x.aal, x.ip, x.user_agent')}
    order by x.id desc limit $3::bigint offset $4::bigint
) i on true
order by i.id desc`);
}

/** A row of {@link listStatement}: one without id when the page is empty. */
export interface ListRow {
  readonly now: unknown;
  readonly total: unknown;
  readonly id: unknown;
  readonly created_at: unknown;
  readonly last_used_at: unknown;
  readonly idle_expires_at: unknown;
  readonly expires_at: unknown;
  readonly aal: unknown;
  readonly ip: unknown;
  readonly user_agent: unknown;
}

export function listValues(call: ListCall): readonly BindValue[] {
  return [call.tenant, call.subject, call.pageSize, (call.page - 1) * call.pageSize, boundNow(call.now)];
}

export function readList(rows: readonly ListRow[]): SessionPage {
  const total = readInt(rows[0]?.total);
  return {
    items: rows.filter(({ id }) => id !== null).map(readView),
    total: Math.min(total, MOST_COUNTED),
    totalIsCapped: total > MOST_COUNTED,
    now: readMs(rows[0]?.now),
  };
}

function readView(row: ListRow): SessionView {
  return {
    id: readText(row.id),
    createdAt: readMs(row.created_at),
    lastUsedAt: readMs(row.last_used_at),
    idleExpiresAt: readMs(row.idle_expires_at),
    expiresAt: readMs(row.expires_at),
    aal: readAal(row.aal),
    ip: readTextOrNull(row.ip),
    userAgent: readTextOrNull(row.user_agent),
  };
}
