import type { AuditEntry } from '../audit/index.ts';
import type { RefreshVerdict } from './refresh-verdict.ts';
import type { SessionRow } from './session-row.ts';
import type { RefreshCall, UseCall } from './session-store.ts';

/**
 * The audit row of a refresh. What changed nothing and is to be tried later is not recorded; what is refused or is
 * evidence always is; `rotate` and `keep` only where ordinary refreshes are asked for.
 *
 * @param row the session as it was found
 */
export function auditOfRefresh(
  row: SessionRow,
  verdict: RefreshVerdict,
  call: RefreshCall,
  now: number,
): AuditEntry | undefined {
  if (verdict === 'busy' || verdict === 'deadline' || verdict === 'unknown') return undefined;
  if ((verdict === 'rotate' || verdict === 'keep') && !call.audit.ordinary) return undefined;
  return {
    id: call.audit.id,
    at: now,
    tenant: row.tenant,
    actor: row.subject,
    action: verdict === 'reuse' ? 'session.reuse_detected' : 'user.refresh',
    targetKind: 'session',
    target: row.id,
    outcome: isAnswered(verdict) ? 'success' : 'failure',
    origin: call.origin,
    meta: { result: verdict, generation: row.generation, presented: call.generation },
  };
}

/** The audit row of an access token whose refresh token was displaced: reuse, seen at its first use. */
export function auditOfDisplacedUse(row: SessionRow, call: UseCall, now: number): AuditEntry {
  return {
    id: call.audit.id,
    at: now,
    tenant: row.tenant,
    actor: row.subject,
    action: 'session.reuse_detected',
    targetKind: 'session',
    target: row.id,
    outcome: 'failure',
    origin: call.audit.origin,
    meta: { result: 'displaced', generation: row.generation, presented: call.generation },
  };
}

function isAnswered(verdict: RefreshVerdict): boolean {
  return (
    verdict === 'rotate' || verdict === 'keep' || verdict === 'replay' || verdict === 'reissue' || verdict === 'again'
  );
}
