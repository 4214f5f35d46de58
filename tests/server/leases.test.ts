import { randomUUID } from 'node:crypto';
import { expect, inject, test } from 'vitest';
import { runLeaseProcesses } from './limits/lease-processes.ts';

const INSTANCES = 4;
const LIMIT = 20_000;
const WINDOW_US = 4_000_000;
const MAX_ERROR = 0.02;
const rule = { kind: 'window', limit: LIMIT, windowUs: WINDOW_US } as const;

/** The most that passed within any window. */
function mostIn(windowUs: number, times: readonly number[]): number {
  let first = 0;
  let most = 0;
  for (const [i, at] of times.entries()) {
    while (at - (times[first] ?? at) > windowUs) first++;
    most = Math.max(most, i - first + 1);
  }
  return most;
}

test.each(['greedy', 'hoarding'] as const)(
  'four %s processes on one Redis exceed a limit by no more than the leases’ error',
  async (style) => {
    const reports = await runLeaseProcesses({
      style,
      redisUrl: inject('redisUrl'),
      prefix: `leases-${randomUUID()}:`,
      rule,
      seconds: 12,
      instances: INSTANCES,
      maxError: MAX_ERROR,
    });
    const passed = reports.flatMap((report) => report.passed).sort((a, b) => a - b);
    const calls = reports.reduce((sum, report) => sum + report.calls, 0);
    const most = mostIn(WINDOW_US, passed);
    const perCheck = calls / reports.reduce((sum, report) => sum + report.checks, 0);
    console.log(
      `${style}: ${passed.length} passed, at most ${most} in a window of ${LIMIT} (${most - LIMIT} beyond it), ${perCheck.toFixed(4)} calls per check`,
    );
    // besides, an answer of each process may be on its way when the window begins
    expect(most).toBeLessThanOrEqual(LIMIT * (1 + MAX_ERROR) + 2 * INSTANCES);
    expect(most).toBeGreaterThan(LIMIT * 0.8);
    expect(perCheck).toBeLessThan(0.2);
  },
);
