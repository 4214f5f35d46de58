import type { RevocationQuestion, RevocationTruth } from '@castellan/core/revocation';
import { readBoolean, readInt } from '../driver/columns.ts';
import type { BindValue } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { boundId } from './bound.ts';
import { revocationCode } from './codes.ts';

/** One token's session and subject by their keys, and its `jti` by its own. Always one row. */
export function revocationCheckStatement(s: string): Statement {
  return statement(`select
  exists (select from ${s}.revocation r where r.tenant = $2::text and r.kind = ${revocationCode.jti} and r.key = $4::text) as jti_revoked,
  x.known, x.revoked, x.auth_epoch, x.claims_epoch, x.disabled
from (values (1)) one(row) left join (
  select true as known, s.revoked_at is not null as revoked, u.auth_epoch, u.claims_epoch, u.disabled_at is not null as disabled
  from ${s}.session s join ${s}.subject u on u.tenant = s.tenant and u.id = s.subject
  where s.id = $1::uuid and s.tenant = $2::text and s.subject = $3::text
) x on true`);
}

/** The row of {@link revocationCheckStatement}. */
export interface RevocationCheckRow {
  readonly jti_revoked: unknown;
  readonly known: unknown;
  readonly revoked: unknown;
  readonly auth_epoch: unknown;
  readonly claims_epoch: unknown;
  readonly disabled: unknown;
}

export function revocationCheckValues(question: RevocationQuestion): readonly BindValue[] {
  return [boundId(question.sessionId), question.tenant, question.subject, question.jti];
}

export function readRevocationCheck(row: RevocationCheckRow): RevocationTruth {
  if (readBoolean(row.jti_revoked)) return { outcome: 'revoked' };
  if (row.known === null) return { outcome: 'unknown' };
  if (readBoolean(row.revoked)) return { outcome: 'revoked' };
  return {
    outcome: 'live',
    authEpoch: readInt(row.auth_epoch),
    claimsEpoch: readInt(row.claims_epoch),
    disabled: readBoolean(row.disabled),
  };
}
