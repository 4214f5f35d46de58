/**
 * The clock of a verb, in whole milliseconds: what is written, compared and answered is one value. Read where it
 * stands, so it must stand behind the lock.
 */
export function clock(fixed: string): string {
  return `coalesce(${fixed}, clock_timestamp())::timestamptz(3)`;
}

/** A number of milliseconds as an interval; null stays null. */
export function interval(ms: string): string {
  return `(${ms} * interval '1 millisecond')`;
}

/** Writes audit rows; the row of a repeated call is there already. `select` gives the columns in this order. */
export function insertAudit(s: string, select: string): string {
  return `insert into ${s}.audit_event (id, at, tenant, actor, action, target_kind, target, outcome, ip, user_agent, request_id, meta)
  ${select}
  on conflict do nothing`;
}

/**
 * Writes revocations. They outlive the longest access token that can be configured (60 minutes) by one minute.
 * `select` gives time, tenant, kind, key and epoch.
 */
export function insertRevocation(s: string, select: string): string {
  return `insert into ${s}.revocation (at, expires_at, tenant, kind, key, epoch)
  select r.at, r.at + interval '61 minutes', r.tenant, r.kind, r.key, r.epoch
  from (${select}) as r(at, tenant, kind, key, epoch)`;
}
