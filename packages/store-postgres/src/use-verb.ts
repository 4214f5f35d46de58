import type { UseCall, UseOutcome } from '@castellan/core/sessions';
import { askAgain } from './ask-again.ts';
import { readMs } from './driver/columns.ts';
import type { Runner } from './driver/driver.ts';
import { groupCommit } from './driver/group-commit.ts';
import type { GatheredVerbOptions } from './gathered-verb-options.ts';
import { onlyRow } from './only-row.ts';
import { placed, together } from './placed.ts';
import { hot } from './run-options.ts';
import { boundId } from './sql/bound.ts';
import { recallValues, sessionSettledStatement } from './sql/recall.ts';
import { readUse, type UseRow, useRecallStatement, useStatement, useValues } from './sql/session-use.ts';
import { readUseBatch, type UseBatchRow, useBatchStatement, useBatchValues } from './sql/session-use-batch.ts';

/** First use of an access token: the whole verdict for one, *accept* for many. */
export function useVerb(
  runner: Runner,
  s: string,
  { mode, maxFlights }: GatheredVerbOptions,
): (call: UseCall) => Promise<UseOutcome> {
  const one = useStatement(s);
  const many = useBatchStatement(s);
  const before = useRecallStatement(s);
  const settled = sessionSettledStatement(s);
  return groupCommit<UseCall, UseOutcome>({
    mode,
    maxFlights,
    key: (call) => call.sessionId,
    async single(call) {
      const recall = () => ({
        settled: { statement: settled, values: [boundId(call.sessionId)] },
        answer: { statement: before, values: recallValues(call) },
      });
      let last: UseRow | undefined;
      return askAgain(
        async () => {
          last = onlyRow(await runner.run<UseRow>(one, useValues(call), { ...hot, recall }));
          return readUse(last);
        },
        () => ({ outcome: 'revoked', now: readMs(last?.now) }),
      );
    },
    batch: (calls) =>
      together(
        calls,
        (a, b) => a.now === b.now,
        async (flying) => {
          const rows = await runner.run<UseBatchRow>(many, useBatchValues(flying), hot);
          return placed(flying, rows, readUseBatch);
        },
      ),
  });
}
