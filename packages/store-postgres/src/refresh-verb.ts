import type { RefreshCall, RefreshOutcome } from '@castellan/core/sessions';
import { askAgain } from './ask-again.ts';
import { readMs, readText } from './driver/columns.ts';
import type { Recall, Runner, RunOptions } from './driver/driver.ts';
import { groupCommit } from './driver/group-commit.ts';
import type { GatheredVerbOptions } from './gathered-verb-options.ts';
import { placed, together } from './placed.ts';
import { HOT_MS } from './run-options.ts';
import { boundId } from './sql/bound.ts';
import { sessionSettledStatement } from './sql/recall.ts';
import { type RefreshRow, readRefresh, refreshStatement, refreshValues } from './sql/session-refresh.ts';
import {
  type RefreshBatchRow,
  readRefreshBatch,
  refreshBatchStatement,
  refreshBatchValues,
  sameRefreshSettings,
} from './sql/session-refresh-batch.ts';
import {
  refreshBatchRecallStatement,
  refreshBatchRecallValues,
  refreshRecallStatement,
  refreshRecallValues,
} from './sql/session-refresh-recall.ts';

interface Arrived {
  readonly call: RefreshCall;
  readonly at: number;
}

/** How much longer than its budget a call may take here, ms: a statement that is late says `deadline` by itself. */
const SLACK_MS = 1000;

/**
 * The refresh verb: the state table for one, its row *rotate* for many. Time that a call spends in our own queue, for a
 * connection and in a first try is taken from its budget; the database takes what it waits for the lock.
 */
export function refreshVerb(
  runner: Runner,
  s: string,
  { mode, maxFlights, clock }: GatheredVerbOptions,
): (call: RefreshCall) => Promise<RefreshOutcome> {
  const one = refreshStatement(s);
  const many = refreshBatchStatement(s);
  const oneBefore = refreshRecallStatement(s);
  const manyBefore = refreshBatchRecallStatement(s);
  const settled = sessionSettledStatement(s);
  const leftMs = ({ call, at }: Arrived, now = clock()): number => call.budgetMs - (now - at);
  const how = (left: number, recall: () => Recall): RunOptions => ({
    retry: 'idempotent',
    timeoutMs: HOT_MS,
    withinMs: Math.max(0, left) + SLACK_MS,
    recall,
  });

  const gathered = groupCommit<Arrived, RefreshOutcome>({
    mode,
    maxFlights,
    key: ({ call }) => call.sessionId,
    expired: () => {
      const now = clock();
      return (arrived) => (leftMs(arrived, now) <= 0 ? { result: { outcome: 'deadline' } } : undefined);
    },
    async single(arrived) {
      const { call } = arrived;
      const recall = (): Recall => ({
        settled: { statement: settled, values: [boundId(call.sessionId)] },
        answer: { statement: oneBefore, values: refreshRecallValues(call) },
      });
      let last: RefreshRow | undefined;
      return askAgain(
        async () => {
          const values = () => refreshValues(call, leftMs(arrived));
          [last] = await runner.run<RefreshRow>(one, values, how(leftMs(arrived), recall));
          return readRefresh(last, call);
        },
        // a row that stays ahead of its subject: one of the two was restored without the other
        () => ({ outcome: 'revoked', subject: readText(last?.subject), now: readMs(last?.now) }),
      );
    },
    batch: (arrivals) =>
      together(
        arrivals,
        (a, b) => sameRefreshSettings(a.call, b.call),
        async (flying) => {
          const [first, ...rest] = flying;
          const calls = [first.call, ...rest.map(({ call }) => call)] as const;
          const values = () => {
            const now = clock();
            const late = flying.filter((arrived) => leftMs(arrived, now) <= 0).map(({ call }) => call);
            return refreshBatchValues(calls, new Set(late));
          };
          const recall = (): Recall => ({ answer: { statement: manyBefore, values: refreshBatchRecallValues(calls) } });
          // the most patient one's: a call with little time left must not fail all that fly with it
          const now = clock();
          const left = Math.max(...flying.map((arrived) => leftMs(arrived, now)));
          const rows = await runner.run<RefreshBatchRow>(many, values, how(left, recall));
          return placed(flying, rows, (row, { call }) => readRefreshBatch(row, call));
        },
      ),
  });
  return (call) => gathered({ call, at: clock() });
}
