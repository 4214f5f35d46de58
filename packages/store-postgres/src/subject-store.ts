import type { SubjectCall, SubjectOutcome, SubjectStore } from '@castellan/core/sessions';
import { askAgain } from './ask-again.ts';
import type { Runner, RunOptions } from './driver/driver.ts';
import { reading, repeatable } from './run-options.ts';
import { subjectSettledStatement } from './sql/recall.ts';
import {
  subjectChangeStatement,
  subjectChanges,
  subjectChangeValues,
  subjectRecallStatement,
  subjectRecallValues,
} from './sql/subject-change.ts';
import { subjectPutStatement, subjectPutValues } from './sql/subject-put.ts';
import { subjectReadStatement } from './sql/subject-read.ts';
import { readSubject, readSubjectOutcome, type SubjectRow, type SubjectVerbRow } from './sql/subject-row.ts';

/** Subjects on PostgreSQL. One verb, one statement. */
export function subjectStore(runner: Runner, s: string): SubjectStore {
  const read = subjectReadStatement(s);
  const put = subjectPutStatement(s);
  const setTier = subjectChangeStatement(s, subjectChanges.setTier);
  const disable = subjectChangeStatement(s, subjectChanges.disable);
  const enable = subjectChangeStatement(s, subjectChanges.enable);
  const endAll = subjectChangeStatement(s, subjectChanges.endAll);
  const changedBefore = subjectRecallStatement(s);
  const settled = subjectSettledStatement(s);

  const how = (call: SubjectCall): RunOptions => ({
    ...repeatable,
    recall: () => ({
      settled: { statement: settled, values: [call.tenant, call.id] },
      answer: { statement: changedBefore, values: subjectRecallValues(call) },
    }),
  });
  const change = async (
    statement: typeof setTier,
    call: SubjectCall,
    tier: string | null = null,
  ): Promise<SubjectOutcome> => {
    const [row] = await runner.run<SubjectVerbRow>(statement, subjectChangeValues(call, tier), how(call));
    return readSubjectOutcome(row);
  };

  return {
    async read(tenant, id) {
      const [row] = await runner.run<SubjectRow>(read, [tenant, id], reading);
      return row && readSubject(row);
    },
    put: (call) =>
      askAgain(
        async () => {
          const [row] = await runner.run<SubjectVerbRow>(put, subjectPutValues(call), how(call));
          return row ? readSubjectOutcome(row) : 'ask_again';
        },
        () => ({ outcome: 'not_found' }),
      ),
    setTier: (call) => change(setTier, call, call.tier),
    disable: (call) => change(disable, call),
    enable: (call) => change(enable, call),
    endAll: (call) => change(endAll, call),
  };
}
