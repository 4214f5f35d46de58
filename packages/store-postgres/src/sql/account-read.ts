import { type Statement, statement } from '../driver/statement.ts';
import { accountColumns } from './account-row.ts';

function credentialText(s: string, where: string): string {
  return `select ${accountColumns('a', 'u')}, a.password_hash, u.auth_epoch
from ${s}.account a join ${s}.subject u on u.tenant = a.tenant and u.id = a.id::text
where a.tenant = $1::text and ${where} and a.deleted_at is null`;
}

/** What a sign-in needs, by normalised e-mail: tenant, key. */
export function credentialByEmailStatement(s: string): Statement {
  return statement(credentialText(s, 'a.email_key = $2::text'));
}

/** The same by id: tenant, id. */
export function credentialByIdStatement(s: string): Statement {
  return statement(credentialText(s, 'a.id = $2::uuid'));
}
