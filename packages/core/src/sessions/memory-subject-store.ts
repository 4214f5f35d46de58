import type { MemoryAuditStore } from '../audit/index.ts';
import { type Clock, systemClock } from '../kernel/index.ts';
import { type MemoryRevocationStore, REVOCATION_LIFE_MS } from '../revocation/index.ts';
import type { Subject, SubjectCall, SubjectOutcome, SubjectStore } from './subject-store.ts';

/** What a {@link memorySubjectStore} stands on. */
export interface MemorySubjectOptions {
  readonly clock?: Clock;
  readonly audit: MemoryAuditStore;
  readonly revocations: MemoryRevocationStore;
}

/** A {@link SubjectStore} in memory. */
export interface MemorySubjectStore extends SubjectStore {
  /** Reads at once. */
  get(tenant: string, id: string): Subject | undefined;
  /** Replaces or adds at once, without audit or revocation: part of another memory store's verb, which writes them. */
  write(subject: Subject): void;
}

/** Subjects in memory. */
export function memorySubjectStore(options: MemorySubjectOptions): MemorySubjectStore {
  const { clock = systemClock, audit, revocations } = options;
  const subjects = new Map<string, Subject>();

  const get = (tenant: string, id: string): Subject | undefined => subjects.get(keyOf(tenant, id));
  const write = (subject: Subject): void => {
    subjects.set(keyOf(subject.tenant, subject.id), { ...subject });
  };
  const record = (call: SubjectCall, now: number, action: string): void => {
    const { tenant, id, actor } = call;
    const { id: auditId, origin } = call.audit;
    const target = { targetKind: 'subject', target: id } as const;
    audit.write({ id: auditId, at: now, tenant, actor, action, ...target, outcome: 'success', origin, meta: null });
  };

  /** Runs one verb: `change` answers the subject as it is to be, or the same when there is nothing to do. */
  const verb = (
    call: SubjectCall,
    action: string,
    change: (subject: Subject, now: number) => Subject,
  ): SubjectOutcome => {
    const now = call.now ?? clock();
    const before = get(call.tenant, call.id);
    if (!before) return { outcome: 'not_found' };
    const after = change(before, now);
    if (after === before) return { outcome: 'done', changed: false, subject: { ...before }, now };
    write(after);
    const entry = { tenant: call.tenant, key: call.id, expiresAt: now + REVOCATION_LIFE_MS };
    if (after.authEpoch > before.authEpoch) revocations.write({ ...entry, kind: 'auth_epoch', epoch: after.authEpoch });
    if (after.claimsEpoch > before.claimsEpoch)
      revocations.write({ ...entry, kind: 'claims_epoch', epoch: after.claimsEpoch });
    record(call, now, action);
    return { outcome: 'done', changed: true, subject: { ...after }, now };
  };

  const setTier = (call: SubjectCall & { readonly tier: string | null }): SubjectOutcome =>
    verb(call, 'tier.change', (subject) =>
      subject.tier === call.tier ? subject : { ...subject, tier: call.tier, claimsEpoch: subject.claimsEpoch + 1 },
    );

  return {
    get: (tenant, id) => {
      const subject = get(tenant, id);
      return subject && { ...subject };
    },
    write,
    async read(tenant, id) {
      const subject = get(tenant, id);
      return subject && { ...subject };
    },
    async put(call) {
      const { tenant, id, tier } = call;
      const now = call.now ?? clock();
      const known = get(tenant, id);
      if (known) {
        if (tier !== undefined) return setTier({ ...call, tier, now });
        return { outcome: 'done', changed: false, subject: { ...known }, now };
      }
      const subject: Subject = { tenant, id, authEpoch: 0, claimsEpoch: 0, tier: tier ?? null, disabledAt: null };
      write(subject);
      return { outcome: 'done', changed: true, subject, now };
    },
    async setTier(call) {
      return setTier(call);
    },
    async disable(call) {
      return verb(call, 'subject.disable', (subject, now) =>
        subject.disabledAt === null ? { ...subject, disabledAt: now, authEpoch: subject.authEpoch + 1 } : subject,
      );
    },
    async enable(call) {
      return verb(call, 'subject.enable', (subject) =>
        subject.disabledAt === null ? subject : { ...subject, disabledAt: null },
      );
    },
    async endAll(call) {
      return verb(call, 'user.logout_all', (subject) => ({ ...subject, authEpoch: subject.authEpoch + 1 }));
    },
  };
}

/** No tenant contains NUL. */
function keyOf(tenant: string, id: string): string {
  return `${tenant}\0${id}`;
}
