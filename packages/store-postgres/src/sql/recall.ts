import type { AuditStamp } from '@castellan/core/audit';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundNow } from './bound.ts';

/**
 * The audit row that a call has written, by the id that its caller chose: it shows that the call was carried out,
 * and when. Only the last minute is looked through, for no call is repeated later: that leaves out the partitions of
 * other months, and the key (id, at) finds the row in what is left.
 *
 * @param fixed the fixed time, in place of `now()`: the planner knows that, a `clock_timestamp()` it would ask for each row
 */
export function ownAudit(s: string, id: string, fixed: string): string {
  return `${s}.audit_event a where a.id = ${id} and a.at > coalesce(${fixed}, now()) - interval '1 minute'`;
}

/** What {@link ownAudit} is asked with: `$1`, `$2`. */
export function recallValues(call: { readonly audit: AuditStamp; readonly now?: number }): readonly BindValue[] {
  return [call.audit.id, boundNow(call.now)];
}

/** Waits until nobody is changing a session: its id. */
export function sessionSettledStatement(s: string): Statement {
  return statement(`select s.id from ${s}.session s where s.id = $1::uuid for share`);
}

/** The same for the live sessions of a subject, in the order in which they are locked elsewhere: tenant, subject. */
export function sessionsSettledStatement(s: string): Statement {
  return statement(`select s.id from ${s}.session s where s.tenant = $1::text and s.subject = $2::text and s.revoked_at is null
order by s.id for share`);
}

/** The same for a subject: tenant, id. */
export function subjectSettledStatement(s: string): Statement {
  return statement(`select u.id from ${s}.subject u where u.tenant = $1::text and u.id = $2::text for share`);
}

/** The same for an account: tenant, id. */
export function accountSettledStatement(s: string): Statement {
  return statement(`select a.id from ${s}.account a where a.tenant = $1::text and a.id = $2::uuid for share`);
}
