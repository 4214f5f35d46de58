import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RefreshOutcome } from '@castellan/core/sessions';
import { type ConformanceCase, casesOf } from '../../conformance-case.ts';
import type { StoreHarness } from '../../store-harness.ts';
import { expectNoChange, sessionView } from '../observe.ts';
import { expectOutcome } from '../outcome.ts';
import { GRACE, makeScene } from '../scene.ts';

const HOUR = 3_600_000;

/** Asks while the row is held for `heldMs`, and tells the answer; `undefined` where nothing can be held. */
async function askWhileHeld(
  harness: StoreHarness,
  sessionId: string,
  heldMs: number,
  ask: () => Promise<RefreshOutcome>,
): Promise<RefreshOutcome | undefined> {
  const release = await harness.holdSession?.(sessionId);
  if (!release) return undefined;
  const answer = ask();
  await sleep(heldMs);
  await release();
  return answer;
}

export const refreshClockCases: readonly ConformanceCase<StoreHarness>[] = casesOf('refresh', {
  'the time of the call decides where it brings one, far from the store’s clock': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(-10 * HOUR);
    const second = await s.rotate(-9 * HOUR, first);
    expectOutcome(await s.refresh(-9 * HOUR + GRACE - 1, second), 'keep');
    assert.equal((await s.rotate(-9 * HOUR + GRACE, second)).now, s.t0 - 9 * HOUR + GRACE);
  },

  'the store’s clock decides where the call brings no time': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(null);
    assert.ok(Math.abs(first.now - s.t0) < HOUR / 60);
    const second = await s.rotate(null, first);
    assert.ok(second.now >= first.now);
    expectOutcome(await s.refresh(null, first), 'replay');
    expectOutcome(await s.refresh(null, second), 'keep');
    expectOutcome(await s.refresh(null, await s.start(-2 * HOUR, { idleMs: HOUR })), 'idle');
    expectOutcome(await s.refresh(null, await s.start(-2 * HOUR, { absoluteMs: HOUR })), 'expired');
  },

  'a process whose clock is an hour off changes no verdict': async (harness) => {
    for (const offsetMs of [HOUR, -HOUR]) {
      const s = await makeScene(harness);
      const first = await s.start(null, { idleMs: HOUR / 2 });
      const restore = harness.skewAppClock?.(offsetMs);
      try {
        const second = await s.rotate(null, first);
        assert.ok(Math.abs(second.now - first.now) < HOUR / 2, 'the answer carries the store’s time');
        expectOutcome(await s.refresh(null, first), 'replay');
        expectOutcome(await s.refresh(null, second), 'keep');
        expectOutcome(await s.use(null, second), 'accept');
        const skewed = await s.start(null, { idleMs: HOUR / 2 });
        assert.equal((await sessionView(s, null, skewed))?.createdAt, skewed.now);
        expectOutcome(await s.refresh(null, skewed, { budgetMs: 30_000 }), 'rotate');
      } finally {
        restore?.();
      }
      expectOutcome(await s.refresh(null, await s.start(null, { idleMs: HOUR / 2 })), 'rotate');
    }
  },

  'a call whose time is up is not carried out, whatever it presents': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(0);
    const second = await s.rotate(20_000, first);
    await expectNoChange(s, second, async () => {
      for (const held of [first, second]) expectOutcome(await s.refresh(60_000, held, { budgetMs: 0 }), 'deadline');
    });
    expectOutcome(await s.revoke(60_000, second), 'revoked');
    expectOutcome(await s.refresh(60_000, second, { budgetMs: 0 }), 'deadline');
  },

  'the clock is read after the wait for the row: a window that closed meanwhile is closed': async (harness) => {
    const s = await makeScene(harness);
    const windows = { graceMs: 250, reissueMs: 0 };
    const first = await s.start(null);
    await s.rotate(null, first, windows);
    const answer = await askWhileHeld(harness, first.sessionId, 400, () => s.refresh(null, first, windows));
    if (answer) expectOutcome(answer, 'reuse');
  },

  'the clock is read after the wait for the row: a session that went idle meanwhile is idle': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(null, { idleMs: 250 });
    const answer = await askWhileHeld(harness, first.sessionId, 400, () => s.refresh(null, first));
    if (answer) expectOutcome(answer, 'idle');
  },

  'a call that waited longer than its budget is not carried out': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(null);
    const answer = await askWhileHeld(harness, first.sessionId, 400, () => s.refresh(null, first, { budgetMs: 150 }));
    if (answer) expectOutcome(answer, 'deadline');
    expectOutcome(await s.refresh(null, first), 'rotate');
  },

  'a call that waited within its budget is carried out': async (harness) => {
    const s = await makeScene(harness);
    const first = await s.start(null);
    const answer = await askWhileHeld(harness, first.sessionId, 150, () => s.refresh(null, first));
    if (answer) expectOutcome(answer, 'rotate');
  },
});
