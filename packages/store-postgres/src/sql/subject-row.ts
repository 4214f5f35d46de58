import type { Subject, SubjectOutcome } from '@castellan/core/sessions';
import { readBoolean, readInt, readMs, readMsOrNull, readText, readTextOrNull } from '../driver/columns.ts';

/** A subject's columns. */
export const subjectColumns = 'tenant, id, auth_epoch, claims_epoch, tier, disabled_at';

/** Their values. */
export interface SubjectRow {
  readonly tenant: unknown;
  readonly id: unknown;
  readonly auth_epoch: unknown;
  readonly claims_epoch: unknown;
  readonly tier: unknown;
  readonly disabled_at: unknown;
}

/** A row of a subject's verb. */
export interface SubjectVerbRow extends SubjectRow {
  readonly changed: unknown;
  readonly now: unknown;
}

export function readSubject(row: SubjectRow): Subject {
  return {
    tenant: readText(row.tenant),
    id: readText(row.id),
    authEpoch: readInt(row.auth_epoch),
    claimsEpoch: readInt(row.claims_epoch),
    tier: readTextOrNull(row.tier),
    disabledAt: readMsOrNull(row.disabled_at),
  };
}

export function readSubjectOutcome(row: SubjectVerbRow | undefined): SubjectOutcome {
  return row
    ? { outcome: 'done', changed: readBoolean(row.changed), subject: readSubject(row), now: readMs(row.now) }
    : { outcome: 'not_found' };
}
