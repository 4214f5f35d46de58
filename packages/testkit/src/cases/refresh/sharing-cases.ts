import assert from 'node:assert/strict';
import type { IssuedSession, RefreshCall } from '@castellan/core/sessions';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { expectOutcome } from '../outcome.ts';
import { ELSEWHERE, makeScene, ORIGIN, type Scene } from '../scene.ts';

/** Rotates, and tells the count of the answer. */
async function rotated(
  s: Scene,
  at: number,
  held: IssuedSession,
  change?: Partial<RefreshCall>,
): Promise<[number, IssuedSession]> {
  const answer = expectOutcome(await s.refresh(at, held, change), 'rotate');
  return [answer.sharing, answer.session];
}

export const sharingCases: readonly ConformanceCase<StoreHarness>[] = casesOf('refresh', {
  'sharing counts the generations running that were replayed from elsewhere': async (harness) => {
    const s = await makeScene(harness);
    let held = await s.rotate(0, await s.start(0));
    const counts: number[] = [];
    for (let minute = 1; minute <= 4; minute++) {
      const [sharing, next] = await rotated(s, minute * 60_000, held);
      counts.push(sharing);
      expectOutcome(await s.refresh(minute * 60_000 + 1_000, held, { origin: ELSEWHERE }), 'replay');
      held = next;
    }
    assert.deepEqual(counts, [0, 1, 2, 3]);
  },

  'sharing falls to 0 with a generation that was not replayed from elsewhere': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first);
    expectOutcome(await s.refresh(21_000, first, { origin: ELSEWHERE }), 'replay');
    const [one, third] = await rotated(s, 60_000, second);
    expectOutcome(await s.refresh(61_000, second), 'replay');
    const [none] = await rotated(s, 120_000, third);
    assert.deepEqual([one, none], [1, 0]);
  },

  'sharing counts another address or another agent, and a generation once': async (harness) => {
    const s = await makeScene(harness);
    for (const origin of [
      { ...ORIGIN, ip: ELSEWHERE.ip },
      { ...ORIGIN, userAgent: ELSEWHERE.userAgent },
    ]) {
      const first = await s.start(0);
      const second = await s.rotate(20_000, first);
      for (const after of [1_000, 2_000]) expectOutcome(await s.refresh(20_000 + after, first, { origin }), 'replay');
      expectOutcome(await s.refresh(23_000, first), 'replay'); // one from home does not undo it
      assert.equal((await rotated(s, 60_000, second))[0], 1);
    }
  },

  'sharing compares with the last rotation’s address, not the start’s': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first, { origin: ELSEWHERE });
    expectOutcome(await s.refresh(21_000, first, { origin: ELSEWHERE }), 'replay');
    assert.equal((await rotated(s, 60_000, second))[0], 0);
  },

  'sharing takes an unknown address for an address': async (harness) => {
    const s = await makeScene(harness);
    const nowhere = { ip: null, userAgent: null, requestId: null };
    const first = await s.start(0);
    const second = await s.rotate(20_000, first, { origin: nowhere });
    expectOutcome(await s.refresh(21_000, first, { origin: nowhere }), 'replay');
    const [none, third] = await rotated(s, 60_000, second, { origin: nowhere });
    expectOutcome(await s.refresh(61_000, second, { origin: ORIGIN }), 'replay');
    const [one] = await rotated(s, 120_000, third, { origin: nowhere });
    assert.deepEqual([none, one], [0, 1]);
  },
});
