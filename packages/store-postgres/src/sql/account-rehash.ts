import { type Statement, statement } from '../driver/statement.ts';

/** Replaces the hash of a password by another of the same password, if it is still the one: tenant, id, from, to. */
export function accountRehashStatement(s: string): Statement {
  return statement(`update ${s}.account a set password_hash = $4::text
where a.tenant = $1::text and a.id = $2::uuid and a.password_hash = $3::text and a.deleted_at is null
returning 1 as done`);
}
