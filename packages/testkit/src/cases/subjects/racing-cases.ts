import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { countOutcomes, expectOutcome } from '../outcome.ts';
import { RACERS, race, rounds } from '../racing.ts';
import { makeScene } from '../scene.ts';
import { subjectCall, toldByFeed } from './subject-call.ts';

export const subjectRacingCases: readonly ConformanceCase<StoreHarness>[] = casesOf('subjects', {
  'of 20 racers putting one subject exactly one makes it': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async (round) => {
      const id = `subject-${round}`;
      const results = await race(harness, (stores) =>
        stores.subjects.put({ ...subjectCall(s, null, { id }), tier: undefined }),
      );
      const made = results.filter((result) => expectOutcome(result, 'done').changed);
      assert.equal(made.length, 1);
    });
  },

  'of 20 racers ending all sessions each moves the epoch by one': async (harness) => {
    await rounds(harness, async () => {
      const s = await makeScene(harness);
      const results = await race(harness, (stores) => stores.subjects.endAll(subjectCall(s, null)));
      assert.deepEqual(countOutcomes(results), { done: RACERS });
      const epochs = results.map((result) => expectOutcome(result, 'done').subject.authEpoch);
      assert.equal(new Set(epochs).size, RACERS, 'no two were told the same epoch');
      assert.equal((await s.stores.subjects.read(s.tenant, s.subject))?.authEpoch, RACERS);
    });
  },

  'of 20 racers disabling one subject exactly one does, and no session begins or lives after': async (harness) => {
    await rounds(harness, async () => {
      const s = await makeScene(harness);
      const results = await race(harness, async (stores, racer) =>
        racer % 2 === 0 ? stores.subjects.disable(subjectCall(s, null)) : stores.sessions.start(s.startCall(null)),
      );
      assert.equal(results.filter((result) => result.outcome === 'done' && result.changed).length, 1);
      const [begun] = results.filter((result) => result.outcome === 'started');
      if (begun) expectOutcome(await s.refresh(null, begun.session), 'revoked');
      const list = { tenant: s.tenant, subject: s.subject, page: 1, pageSize: 20 };
      assert.equal((await s.stores.sessions.list(list)).total, 0, 'the list shows what could refresh');
      expectOutcome(await s.tryStart(null), 'refused');
      assert.equal((await s.stores.subjects.read(s.tenant, s.subject))?.authEpoch, 1);
    });
  },

  'of 20 racers setting one tier exactly one changes it': async (harness) => {
    const base = await makeScene(harness);
    const expected: string[] = [];
    await rounds(harness, async () => {
      const s = await makeScene(harness, { tenant: base.tenant });
      const results = await race(harness, (stores) =>
        stores.subjects.setTier({ ...subjectCall(s, null), tier: 'pro' }),
      );
      assert.equal(results.filter((result) => expectOutcome(result, 'done').changed).length, 1);
      expected.push(`claims_epoch ${s.subject} 1`);
    });
    assert.deepEqual(await toldByFeed(base), expected.sort(), 'one entry of the feed for each change');
  },
});
