import { beforeEach, describe, expect, test } from 'vitest';
import { type MemoryAuditStore, memoryAuditStore } from '../audit/index.ts';
import { noOrigin } from '../kernel/index.ts';
import { type MemoryRevocationStore, memoryRevocationStore, REVOCATION_LIFE_MS } from '../revocation/index.ts';
import { type MemorySubjectStore, memorySubjectStore } from './memory-subject-store.ts';
import type { SubjectCall } from './subject-store.ts';

const START = Date.UTC(2026, 0, 5, 12);
let audit: MemoryAuditStore;
let revocations: MemoryRevocationStore;
let subjects: MemorySubjectStore;
let made = 0;
const call = (change: Partial<SubjectCall> = {}): SubjectCall => ({
  tenant: 't',
  id: 'alice',
  actor: 'admin',
  audit: { id: `audit-${++made}`, origin: noOrigin },
  ...change,
});
const fresh = { tenant: 't', id: 'alice', authEpoch: 0, claimsEpoch: 0, tier: null, disabledAt: null };
const trail = async (): Promise<string[]> =>
  (await audit.query({ tenant: 't', limit: 100 })).events.map(
    ({ actor, action, target }) => `${actor} ${action} ${target}`,
  );
const feed = async () => (await revocations.poll('0')).entries;

beforeEach(async () => {
  const clock = (): number => START;
  audit = memoryAuditStore({ clock });
  revocations = memoryRevocationStore({ clock });
  subjects = memorySubjectStore({ clock, audit, revocations });
  await subjects.put({ ...call(), tier: undefined });
});

describe('subjects in memory', () => {
  test('put makes a subject known; again it changes nothing', async () => {
    expect(await subjects.read('t', 'alice')).toEqual(fresh);
    const again = await subjects.put({ ...call(), tier: undefined });
    expect(again).toEqual({ outcome: 'done', changed: false, subject: fresh, now: START });
    expect(await trail()).toEqual([]);
  });

  test('put with another tier changes the tier, without one it leaves the tier alone', async () => {
    const pro = await subjects.put({ ...call(), tier: 'pro' });
    expect(pro).toMatchObject({ changed: true, subject: { tier: 'pro', claimsEpoch: 1 } });
    expect(await subjects.put({ ...call(), tier: undefined })).toMatchObject({
      changed: false,
      subject: { tier: 'pro' },
    });
    expect(await subjects.put({ ...call(), tier: null })).toMatchObject({
      changed: true,
      subject: { tier: null, claimsEpoch: 2 },
    });
  });

  test('put never enables a disabled subject', async () => {
    await subjects.disable(call());
    expect(await subjects.put({ ...call(), tier: 'pro' })).toMatchObject({
      subject: { disabledAt: START, tier: 'pro' },
    });
  });

  test('another tier makes claims stale: epoch, revocation and audit in one step', async () => {
    await subjects.setTier({ ...call(), tier: 'pro' });
    expect(await feed()).toEqual([
      { tenant: 't', kind: 'claims_epoch', key: 'alice', epoch: 1, expiresAt: START + REVOCATION_LIFE_MS },
    ]);
    expect(await trail()).toEqual(['admin tier.change alice']);
    expect(await subjects.setTier({ ...call(), tier: 'pro' })).toMatchObject({ changed: false });
    expect(await trail()).toHaveLength(1);
  });

  test('disable ends everything once, and enable brings none of it back', async () => {
    expect(await subjects.disable(call())).toMatchObject({
      changed: true,
      subject: { authEpoch: 1, disabledAt: START },
    });
    expect(await subjects.disable(call({ now: START + 1 }))).toMatchObject({
      changed: false,
      subject: { disabledAt: START },
    });
    expect(await subjects.enable(call())).toMatchObject({ changed: true, subject: { authEpoch: 1, disabledAt: null } });
    expect(await subjects.enable(call())).toMatchObject({ changed: false });
    expect(await feed()).toEqual([
      { tenant: 't', kind: 'auth_epoch', key: 'alice', epoch: 1, expiresAt: START + REVOCATION_LIFE_MS },
    ]);
    expect((await trail()).toSorted()).toEqual(['admin subject.disable alice', 'admin subject.enable alice']);
  });

  test('endAll moves the epoch each time', async () => {
    await subjects.endAll(call({ actor: 'alice' }));
    await subjects.endAll(call({ actor: 'alice', now: START + 5 }));
    expect(await subjects.read('t', 'alice')).toMatchObject({ authEpoch: 2 });
    expect((await feed()).map(({ epoch, expiresAt }) => [epoch, expiresAt - START - REVOCATION_LIFE_MS])).toEqual([
      [1, 0],
      [2, 5],
    ]);
    expect(await trail()).toEqual(['alice user.logout_all alice', 'alice user.logout_all alice']);
  });

  test('a subject of another tenant, or none, is not found, and nothing is written', async () => {
    for (const who of [call({ tenant: 'other' }), call({ id: 'bob' })]) {
      expect(await subjects.disable(who)).toEqual({ outcome: 'not_found' });
      expect(await subjects.enable(who)).toEqual({ outcome: 'not_found' });
      expect(await subjects.endAll(who)).toEqual({ outcome: 'not_found' });
      expect(await subjects.setTier({ ...who, tier: 'pro' })).toEqual({ outcome: 'not_found' });
      expect(await subjects.read(who.tenant, who.id)).toBeUndefined();
    }
    expect(await trail()).toEqual([]);
    expect(await feed()).toEqual([]);
  });

  test('keeps its rows, whatever a reader does to what it got', async () => {
    Object.assign((await subjects.read('t', 'alice')) ?? {}, { authEpoch: 9 });
    Object.assign(subjects.get('t', 'alice') ?? {}, { authEpoch: 9 });
    expect(await subjects.read('t', 'alice')).toEqual(fresh);
  });
});
