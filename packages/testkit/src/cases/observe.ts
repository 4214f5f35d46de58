import assert from 'node:assert/strict';
import type { AuditEvent, AuditPosition, AuditQuery } from '@castellan/core/audit';
import type { Revocation } from '@castellan/core/revocation';
import type { IssuedSession, SessionView } from '@castellan/core/sessions';
import type { At, Scene } from './scene.ts';

/** All audit rows of the scene's tenant, newest first. */
export async function auditTrail(s: Scene, filter: Partial<AuditQuery> = {}): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  let before: AuditPosition | null = null;
  do {
    const at: { before?: AuditPosition } = before ? { before } : {};
    const page = await s.stores.audit.query({ tenant: s.tenant, limit: 100, ...filter, ...at });
    events.push(...page.events);
    before = page.next;
  } while (before);
  return events;
}

/** The audit row that the verb with this stamp wrote; exactly one. */
export async function auditRow(s: Scene, id: string): Promise<AuditEvent> {
  const rows = (await auditTrail(s)).filter((event) => event.id === id);
  assert.equal(rows.length, 1, `${rows.length} audit rows carry the id of the call, not one`);
  return rows[0] as AuditEvent;
}

/** The live revocations of the scene's tenant, as a process that starts now would learn them. */
export async function liveRevocations(s: Scene): Promise<readonly Revocation[]> {
  const { entries } = await s.stores.revocations.poll(null);
  return entries.filter((entry) => entry.tenant === s.tenant);
}

/** What the owner's list shows of one session; `undefined` where it could not refresh. */
export async function sessionView(s: Scene, at: At, held: IssuedSession): Promise<SessionView | undefined> {
  const call = { tenant: held.tenant, subject: held.subject, page: 1, pageSize: 100, ...s.time(at) };
  const { items } = await s.stores.sessions.list(call);
  return items.find((item) => item.id === held.sessionId);
}

/** Runs a verb and fails where list, audit trail or revocations of the scene tell that it wrote something. */
export async function expectNoChange<T>(s: Scene, held: IssuedSession, act: () => Promise<T>): Promise<T> {
  const look = async (): Promise<unknown> => ({
    view: await sessionView(s, 0, held),
    trail: await auditTrail(s),
    revocations: await liveRevocations(s),
  });
  const before = await look();
  const result = await act();
  assert.deepEqual(await look(), before, 'the verb changed something');
  return result;
}

/** Fails unless the session is over for every verb, and says so in its truth. */
export async function expectOver(s: Scene, at: At, held: IssuedSession): Promise<void> {
  assert.equal((await s.refresh(at, held)).outcome, 'revoked', 'a refresh of an ended session');
  assert.equal((await s.use(at, held)).outcome, 'revoked', 'the use of an access token of an ended session');
  assert.equal(await sessionView(s, at, held), undefined, 'the list shows an ended session');
  assert.equal(
    (await s.stores.revocations.check(questionOf(held))).outcome,
    'revoked',
    'the truth of the strict check',
  );
}

/** What the strict check is asked about a session's access token. */
export function questionOf(held: IssuedSession): {
  readonly tenant: string;
  readonly subject: string;
  readonly sessionId: string;
  readonly jti: string;
} {
  return { tenant: held.tenant, subject: held.subject, sessionId: held.sessionId, jti: 'jti' };
}
