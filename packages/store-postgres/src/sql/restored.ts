import { type Statement, statement } from '../driver/statement.ts';
import { revocationCode } from './codes.ts';
import { insertRevocation } from './fragments.ts';

/** Further than the epochs of any subject can have moved since the backup. */
const LEAP = 1000;

/**
 * Moves every epoch after a restore: the database has forgotten which tokens were spent and which sessions ended since
 * the backup. Processes that still run are told by the feed.
 */
export function restoredStatement(s: string): Statement {
  return statement(`with moved as (
  update ${s}.subject set auth_epoch = auth_epoch + ${LEAP} returning tenant, id, auth_epoch
), ob as (
  ${insertRevocation(
    s,
    `select clock_timestamp()::timestamptz(3), m.tenant, ${revocationCode.auth_epoch}, m.id, m.auth_epoch from moved m
  where exists (select from ${s}.session x where x.tenant = m.tenant and x.subject = m.id and x.expires_at > clock_timestamp())`,
  )}
)
select count(*) as subjects from moved`);
}
