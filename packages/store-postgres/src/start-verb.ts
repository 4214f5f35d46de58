import type { StartCall, StartOutcome } from '@castellan/core/sessions';
import { askAgain } from './ask-again.ts';
import { DatabaseConflict } from './driver/conflict.ts';
import type { Runner } from './driver/driver.ts';
import { groupCommit } from './driver/group-commit.ts';
import type { GatheredVerbOptions } from './gathered-verb-options.ts';
import { placed, together } from './placed.ts';
import { hot } from './run-options.ts';
import { readStart, type StartRow, startStatement, startValues } from './sql/session-start.ts';
import {
  readStartBatch,
  type StartBatchRow,
  startBatchStatement,
  startBatchValues,
} from './sql/session-start-batch.ts';

const FOREIGN_KEY = '23503';

/** Makes sessions: one with every case, many that are new and whose fence holds. */
export function startVerb(
  runner: Runner,
  s: string,
  { mode, maxFlights }: GatheredVerbOptions,
): (call: StartCall) => Promise<StartOutcome> {
  const one = startStatement(s);
  const many = startBatchStatement(s);
  return groupCommit<StartCall, StartOutcome>({
    mode,
    maxFlights,
    key: (call) => call.sessionId,
    single: (call) =>
      askAgain(
        async () => {
          try {
            const [row] = await runner.run<StartRow>(one, startValues(call), hot);
            return readStart(row);
          } catch (error) {
            // somebody deleted the subject meanwhile
            if (error instanceof DatabaseConflict && error.code === FOREIGN_KEY) return { outcome: 'refused' };
            throw error;
          }
        },
        () => ({ outcome: 'refused' }),
      ),
    batch: (calls) =>
      together(
        calls,
        (a, b) => a.now === b.now,
        async (flying) => {
          const rows = await runner.run<StartBatchRow>(many, startBatchValues(flying), hot);
          return placed(flying, rows, readStartBatch);
        },
      ),
  });
}
