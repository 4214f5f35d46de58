import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { auditTrail, liveRevocations } from '../observe.ts';
import { countOutcomes, expectOutcome, hex } from '../outcome.ts';
import { RACERS, race, rounds } from '../racing.ts';
import { bytes32, makeScene } from '../scene.ts';

export const refreshRacingCases: readonly ConformanceCase<StoreHarness>[] = casesOf('refresh', {
  'of 20 racers with one token exactly one rotates, and all others get its successor': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async () => {
      const first = await s.start(null);
      const calls = Array.from({ length: RACERS }, () => s.refreshCall(null, first));
      const results = await race(harness, (stores, racer) =>
        stores.sessions.refresh(calls[racer] ?? s.refreshCall(null, first)),
      );
      assert.deepEqual(countOutcomes(results), { rotate: 1, replay: RACERS - 1 });
      const winner = results.findIndex(({ outcome }) => outcome === 'rotate');
      const successor = hex(calls[winner]?.successor.hash ?? null);
      for (const result of results) {
        assert.ok('session' in result);
        assert.equal(hex(result.session.leaf.hash), successor, 'one parent, one successor');
        assert.equal(result.session.generation, 1);
      }
    });
  },

  'of 20 racers with one used leaf exactly one rotates': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async () => {
      const second = await s.rotate(-60_000, await s.start(-90_000));
      const results = await race(harness, (stores) => stores.sessions.refresh(s.refreshCall(null, second)));
      assert.deepEqual(countOutcomes(results), { rotate: 1, replay: RACERS - 1 });
    });
  },

  'of 20 racers with one lost parent exactly one has it reissued, and all others get the same': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async () => {
      const first = await s.start(-90_000);
      await s.rotate(-60_000, first);
      const results = await race(harness, (stores) => stores.sessions.refresh(s.refreshCall(null, first)));
      assert.deepEqual(countOutcomes(results), { reissue: 1, replay: RACERS - 1 });
      const leaves = new Set(results.map((result) => 'session' in result && hex(result.session.leaf.hash)));
      assert.equal(leaves.size, 1, 'one parent, one successor');
    });
  },

  'of 20 racers with attempt keys of their own one rotates, and the others are busy': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async () => {
      const first = await s.start(null);
      const results = await race(harness, (stores) =>
        stores.sessions.refresh(s.refreshCall(null, first, { attemptHash: bytes32() })),
      );
      assert.deepEqual(countOutcomes(results), { rotate: 1, busy: RACERS - 1 });
    });
  },

  'of 20 racers repeating one call one rotates, and the others are told so again': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async () => {
      const call = s.refreshCall(null, await s.start(null));
      const results = await race(harness, (stores) => stores.sessions.refresh(call));
      assert.deepEqual(countOutcomes(results), { rotate: 1, again: RACERS - 1 });
    });
  },

  'of 20 racers without a grace one rotates, the next ends the session, the others find it ended': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async () => {
      const first = await s.start(null);
      const results = await race(harness, (stores) =>
        stores.sessions.refresh(s.refreshCall(null, first, { graceMs: 0, reissueMs: 0 })),
      );
      assert.deepEqual(countOutcomes(results), { rotate: 1, reuse: 1, revoked: RACERS - 2 });
    });
    const told = (await liveRevocations(s)).filter(({ kind }) => kind === 'session');
    assert.equal(told.length, harness.rounds ?? 200, 'one entry of the feed for each ended session');
  },

  'of a parent and its leaf, used by two parties at once, the session ends once and for both': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async () => {
      const first = await s.start(-90_000);
      const second = await s.rotate(-60_000, first);
      expectOutcome(await s.use(-50_000, second), 'accept');
      const results = await race(harness, (stores, racer) =>
        stores.sessions.refresh(s.refreshCall(null, racer % 2 === 0 ? first : second)),
      );
      const { rotate = 0, replay = 0, reuse = 0, revoked = 0 } = countOutcomes(results);
      // either the thief comes before the rotation, or the leaf rotates first and its parent is two old
      assert.ok(rotate <= 1 && reuse === 1, JSON.stringify(countOutcomes(results)));
      assert.equal(rotate + replay + reuse + revoked, RACERS);
      expectOutcome(await s.refresh(null, second), 'revoked');
    });
  },

  'of 20 chains over three processes each grows by one generation a turn': async (harness) => {
    const s = await makeScene(harness);
    await race(harness, async (stores) => {
      let held = await s.start(-3_600_000);
      for (let turn = 1; turn <= 10; turn++) {
        const call = s.refreshCall(turn * 60_000 - 3_600_000, held);
        held = expectOutcome(await stores.sessions.refresh(call), 'rotate').session;
        assert.equal(held.generation, turn);
        assert.equal(hex(held.leaf.hash), hex(call.successor.hash));
      }
    });
    const rotations = (await auditTrail(s, { action: 'user.refresh' })).length;
    assert.equal(rotations, RACERS * 10, 'one audit row for each rotation');
  },
});
