import assert from 'node:assert/strict';
import type { RevocationStore } from '@castellan/core/revocation';
import { type ConformanceCase, casesOf } from '../conformance-case.ts';
import type { StoreHarness } from '../store-harness.ts';
import { questionOf } from './observe.ts';
import { expectOutcome } from './outcome.ts';
import { race } from './racing.ts';
import { makeScene, type Scene } from './scene.ts';

const MINUTE = 60_000;

/** One process's knowledge of a tenant, grown by polls. */
interface Follower {
  readonly keys: ReadonlySet<string>;
  poll(): Promise<void>;
}

async function follow(revocations: RevocationStore, tenant: string): Promise<Follower> {
  const keys = new Set<string>();
  let cursor: string | null = null;
  const poll = async (): Promise<void> => {
    const batch = await revocations.poll(cursor);
    cursor = batch.cursor;
    for (const entry of batch.entries)
      if (entry.tenant === tenant) keys.add(`${entry.kind} ${entry.key} ${entry.epoch}`);
  };
  await poll();
  return { keys, poll };
}

async function revokedSession(s: Scene): Promise<string> {
  const held = await s.start(null);
  expectOutcome(await s.revoke(null, held), 'revoked');
  return `session ${held.sessionId} null`;
}

/** The rules of `RevocationStore`. */
export const revocationStoreCases: readonly ConformanceCase<StoreHarness>[] = casesOf('revocations', {
  'a first poll seeds: everything that is live, nothing that is over': async (harness) => {
    const s = await makeScene(harness);
    const live = await s.start(0);
    expectOutcome(await s.revoke(0, live), 'revoked');
    const over = await s.start(-62 * MINUTE);
    expectOutcome(await s.revoke(-62 * MINUTE, over), 'revoked');
    const batch = await s.stores.revocations.poll(null);
    assert.equal(batch.seeded, true);
    assert.deepEqual(
      batch.entries.filter(({ tenant }) => tenant === s.tenant),
      [{ tenant: s.tenant, kind: 'session', key: live.sessionId, epoch: null, expiresAt: s.t0 + 61 * MINUTE }],
    );
    assert.ok(batch.now === undefined || Math.abs(batch.now - s.t0) < MINUTE);
  },

  'a poll brings what came since, of every kind, to every process': async (harness) => {
    const s = await makeScene(harness);
    const followers = await Promise.all(harness.instances.map(({ revocations }) => follow(revocations, s.tenant)));
    const expected = [await revokedSession(s), `auth_epoch ${s.subject} 1`, `claims_epoch ${s.subject} 1`].sort();
    await s.endAll(null);
    const call = { tenant: s.tenant, id: s.subject, tier: 'pro', audit: s.stamp(), actor: null };
    expectOutcome(await s.stores.subjects.setTier(call), 'done');
    for (const follower of followers) {
      await follower.poll();
      assert.deepEqual([...follower.keys].sort(), expected);
    }
  },

  'a poll behind a cursor is no seed, and repeating it loses nothing': async (harness) => {
    const s = await makeScene(harness);
    const { cursor } = await s.stores.revocations.poll(null);
    const key = (await revokedSession(s)).split(' ')[1];
    for (let turn = 0; turn < 3; turn++) {
      const batch = await s.stores.revocations.poll(cursor);
      assert.equal(batch.seeded, false);
      assert.ok(batch.entries.some((entry) => entry.key === key));
    }
  },

  'a cursor that this store never gave seeds anew': async (harness) => {
    const s = await makeScene(harness);
    const key = (await revokedSession(s)).split(' ')[1];
    for (const cursor of ['', 'elsewhere', '999999999999999', '-1', '1@2@3']) {
      const batch = await s.stores.revocations.poll(cursor);
      assert.equal(batch.seeded, true, JSON.stringify(cursor));
      assert.ok(batch.entries.some((entry) => entry.key === key));
    }
  },

  'three followers miss nothing of what 20 racers write meanwhile': async (harness) => {
    const s = await makeScene(harness);
    const followers = await Promise.all(harness.instances.map(({ revocations }) => follow(revocations, s.tenant)));
    const expected: string[] = [];
    let writing = true;
    const polling = followers.map(async (follower) => {
      while (writing) {
        await follower.poll();
        await new Promise((resolve) => setImmediate(resolve)); // a store in memory answers at once
      }
      await follower.poll();
    });
    const turns = Math.ceil((harness.rounds ?? 200) / 10);
    await race(harness, async (stores, racer) => {
      for (let turn = 0; turn < turns; turn++) {
        const held = expectOutcome(await stores.sessions.start(s.startCall(null)), 'started').session;
        expectOutcome(await stores.sessions.revoke(s.revokeCall(null, held)), 'revoked');
        expected.push(`session ${held.sessionId} null`);
        if (racer % 5 !== 0) continue;
        const id = `subject-${racer}-${turn}`;
        const call = { tenant: s.tenant, id, audit: s.stamp(), actor: null };
        await stores.subjects.put({ ...call, tier: null });
        expectOutcome(await stores.subjects.disable({ ...call, audit: s.stamp() }), 'done');
        expected.push(`auth_epoch ${id} 1`);
      }
    });
    writing = false;
    await Promise.all(polling);
    for (const { keys } of followers) assert.deepEqual([...keys].sort(), expected.sort());
  },

  'a revocation that had to wait is not missed by those who polled past it': async (harness) => {
    const s = await makeScene(harness);
    const follower = await follow(s.stores.revocations, s.tenant);
    const slow = await s.start(null);
    const release = await harness.holdSession?.(slow.sessionId);
    const waiting = s.revoke(null, slow);
    const expected = [`session ${slow.sessionId} null`];
    const [, second] = harness.instances;
    for (let turn = 0; turn < 5; turn++) {
      const held = await s.start(null);
      expectOutcome(await second.sessions.revoke(s.revokeCall(null, held)), 'revoked');
      expected.push(`session ${held.sessionId} null`);
      await follower.poll();
    }
    await release?.();
    expectOutcome(await waiting, 'revoked');
    await follower.poll();
    assert.deepEqual([...follower.keys].sort(), expected.sort());
  },

  'check tells the truth of session and subject': async (harness) => {
    const s = await makeScene(harness);
    const held = await s.start(null);
    const { revocations, subjects } = s.stores;
    const question = questionOf(held);
    const live = { outcome: 'live', authEpoch: 0, claimsEpoch: 0, disabled: false };
    assert.deepEqual(await revocations.check(question), live);
    const call = { tenant: s.tenant, id: s.subject, actor: null };
    await subjects.setTier({ ...call, audit: s.stamp(), tier: 'pro' });
    assert.deepEqual(await revocations.check(question), { ...live, claimsEpoch: 1 });
    await subjects.disable({ ...call, audit: s.stamp() });
    assert.deepEqual(await revocations.check(question), { ...live, authEpoch: 1, claimsEpoch: 1, disabled: true });
    await subjects.enable({ ...call, audit: s.stamp() });
    const next = await s.start(null);
    assert.deepEqual(await revocations.check(questionOf(next)), { ...live, authEpoch: 1, claimsEpoch: 1 });
    expectOutcome(await s.revoke(null, next), 'revoked');
    assert.deepEqual(await revocations.check(questionOf(next)), { outcome: 'revoked' });
  },

  'check of what is not there, or is not of this subject and tenant, is unknown': async (harness) => {
    const s = await makeScene(harness);
    const other = await makeScene(harness, { tenant: s.tenant });
    const elsewhere = await makeScene(harness, { subject: s.subject });
    const question = questionOf(await s.start(null));
    const wrongs = [
      { sessionId: s.makeId() },
      { sessionId: 'no-uuid' },
      { subject: other.subject },
      { tenant: elsewhere.tenant },
    ];
    for (const wrong of wrongs)
      assert.deepEqual(await s.stores.revocations.check({ ...question, ...wrong }), { outcome: 'unknown' });
  },
});
