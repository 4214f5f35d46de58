import assert from 'node:assert/strict';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { auditTrail, expectOver, liveRevocations } from '../observe.ts';
import { countOutcomes, expectOutcome } from '../outcome.ts';
import { RACERS, race, rounds } from '../racing.ts';
import { makeScene } from '../scene.ts';

export const sessionRacingCases: readonly ConformanceCase<StoreHarness>[] = casesOf('races', {
  'of 20 racers revoking one session exactly one does': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async () => {
      const first = await s.start(null);
      const results = await race(harness, (stores) => stores.sessions.revoke(s.revokeCall(null, first)));
      assert.deepEqual(countOutcomes(results), { revoked: 1, not_found: RACERS - 1 });
    });
    const total = harness.rounds ?? 200;
    assert.equal((await liveRevocations(s)).length, total, 'one entry of the feed for each session');
    assert.equal((await auditTrail(s, { action: 'session.revoke' })).length, total, 'one audit row for each session');
  },

  'nothing that begins after a revoke has answered succeeds': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async () => {
      const first = await s.start(null);
      let over = false;
      await race(harness, async (stores, racer) => {
        if (racer === RACERS / 2) {
          expectOutcome(await stores.sessions.revoke(s.revokeCall(null, first)), 'revoked');
          over = true;
          return;
        }
        for (let turn = 0; turn < (racer % 4 === 0 ? 3 : 1); turn++) {
          const begunAfter = over;
          const { outcome } =
            turn > 0 || racer % 2 === 0
              ? await stores.sessions.refresh(s.refreshCall(null, first))
              : await stores.sessions.use(s.useCall(null, first));
          const expected = begunAfter ? ['revoked'] : ['rotate', 'replay', 'accept', 'revoked'];
          assert.ok(expected.includes(outcome), `${outcome}, not ${expected.join(' or ')}`);
        }
      });
      expectOutcome(await s.refresh(null, first), 'revoked');
    });
  },

  'nothing that begins after a log-out everywhere has answered succeeds': async (harness) => {
    await rounds(harness, async () => {
      const s = await makeScene(harness);
      const first = await s.start(null);
      let over = false;
      await race(harness, async (stores, racer) => {
        if (racer === RACERS / 2) {
          await s.endAll(null, stores);
          over = true;
          return;
        }
        for (let turn = 0; turn < (racer % 4 === 0 ? 3 : 1); turn++) {
          const begunAfter = over;
          const { outcome } = await stores.sessions.refresh(s.refreshCall(null, first));
          const expected = begunAfter ? ['revoked'] : ['rotate', 'replay', 'revoked'];
          assert.ok(expected.includes(outcome), `${outcome}, not ${expected.join(' or ')}`);
        }
      });
      expectOutcome(await s.refresh(null, first), 'revoked');
    });
  },

  'no session that was started behind the old fence outlives a log-out everywhere': async (harness) => {
    await rounds(harness, async () => {
      const s = await makeScene(harness);
      const results = await race(harness, async (stores, racer) => {
        if (racer !== RACERS / 2) return stores.sessions.start(s.startCall(null, { authEpoch: 0 }));
        await s.endAll(null, stores);
        return undefined;
      });
      const [begun] = results.filter((result) => result?.outcome === 'started');
      if (begun) expectOutcome(await s.refresh(null, begun.session), 'revoked');
      const list = { tenant: s.tenant, subject: s.subject, page: 1, pageSize: 20 };
      assert.equal((await s.stores.sessions.list(list)).total, 0, 'the list shows what could refresh');
      expectOutcome(await s.tryStart(null, { authEpoch: 0 }), 'refused');
    });
  },

  'of 20 racers repeating one start one session comes about, and all are answered with it': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async () => {
      const call = s.startCall(null, { authEpoch: 0 });
      const results = await race(harness, (stores) => stores.sessions.start(call));
      assert.deepEqual(countOutcomes(results), { started: RACERS });
    });
    const list = { tenant: s.tenant, subject: s.subject, page: 1, pageSize: 1 };
    const total = harness.rounds ?? 200;
    assert.equal((await s.stores.sessions.list(list)).total, Math.min(total, 1_000));
    assert.equal((await auditTrail(s, { action: 'user.login' })).length, total, 'one audit row for each session');
  },

  'a displaced access token and a refresh of the reissued leaf: the session ends, whoever comes first': async (
    harness,
  ) => {
    const s = await makeScene(harness);
    await rounds(harness, async () => {
      const first = await s.start(-120_000);
      const displaced = await s.rotate(-90_000, first);
      const reissued = expectOutcome(await s.refresh(-60_000, first), 'reissue').session;
      const results = await race(harness, async (stores, racer) =>
        racer % 2 === 0
          ? stores.sessions.use(s.useCall(null, displaced))
          : stores.sessions.refresh(s.refreshCall(null, reissued)),
      );
      const { displaced: ended = 0, rotate = 0, replay = 0, revoked = 0 } = countOutcomes(results);
      assert.equal(ended, 1, 'the displaced token ends the session exactly once');
      assert.ok(rotate <= 1);
      assert.equal(ended + rotate + replay + revoked, RACERS, JSON.stringify(countOutcomes(results)));
      await expectOver(s, null, reissued);
    });
  },

  'of 20 first uses of one access token all are accepted': async (harness) => {
    const s = await makeScene(harness);
    await rounds(harness, async () => {
      const first = await s.start(null);
      const results = await race(harness, (stores) => stores.sessions.use(s.useCall(null, first)));
      assert.deepEqual(countOutcomes(results), { accept: RACERS });
    });
  },

  'revokeOthers against sessions that refresh: the one that stays lives, no other does': async (harness) => {
    await rounds(harness, async () => {
      const s = await makeScene(harness);
      const keep = await s.start(null);
      const others = [await s.start(null), await s.start(null), await s.start(null)];
      const results = await race(harness, async (stores, racer) => {
        const other = others[racer % others.length] ?? keep;
        if (racer > 2) return (await stores.sessions.refresh(s.refreshCall(null, other))).outcome;
        const call = { tenant: s.tenant, subject: s.subject, keep: keep.sessionId, audit: s.stamp() };
        return (await stores.sessions.revokeOthers(call)).revoked;
      });
      const named = results.filter((result) => typeof result !== 'string').flat();
      assert.deepEqual(named.sort(), others.map(({ sessionId }) => sessionId).sort(), 'each is named once');
      const list = { tenant: s.tenant, subject: s.subject, page: 1, pageSize: 20 };
      const { items } = await s.stores.sessions.list(list);
      assert.deepEqual(
        items.map(({ id }) => id),
        [keep.sessionId],
      );
      expectOutcome(await s.refresh(null, keep), 'rotate');
    });
  },
});
