import type { SessionStore } from '@castellan/core/sessions';
import type { Runner } from './driver/driver.ts';
import type { GatheredVerbOptions } from './gathered-verb-options.ts';
import { refreshVerb } from './refresh-verb.ts';
import { hot, reading, repeatable } from './run-options.ts';
import { boundId } from './sql/bound.ts';
import { recallValues, sessionSettledStatement, sessionsSettledStatement } from './sql/recall.ts';
import { type ListRow, listStatement, listValues, readList } from './sql/session-list.ts';
import {
  type RevokeRow,
  readRevoke,
  revokeRecallStatement,
  revokeStatement,
  revokeValues,
} from './sql/session-revoke.ts';
import {
  type RevokeOthersRow,
  readRevokeOthers,
  revokeOthersRecallStatement,
  revokeOthersStatement,
  revokeOthersValues,
} from './sql/session-revoke-others.ts';
import { startVerb } from './start-verb.ts';
import { useVerb } from './use-verb.ts';

/** Sessions on PostgreSQL. One verb, one statement. */
export function sessionStore(runner: Runner, s: string, options: GatheredVerbOptions): SessionStore {
  const revoke = revokeStatement(s);
  const revokeOthers = revokeOthersStatement(s);
  const list = listStatement(s);
  const revokedBefore = revokeRecallStatement(s);
  const revokedOthersBefore = revokeOthersRecallStatement(s);
  const sessionSettled = sessionSettledStatement(s);
  const sessionsSettled = sessionsSettledStatement(s);
  return {
    start: startVerb(runner, s, options),
    refresh: refreshVerb(runner, s, options),
    use: useVerb(runner, s, options),
    async revoke(call) {
      const recall = () => ({
        settled: { statement: sessionSettled, values: [boundId(call.sessionId)] },
        answer: { statement: revokedBefore, values: recallValues(call) },
      });
      const [row] = await runner.run<RevokeRow>(revoke, revokeValues(call), { ...hot, recall });
      return readRevoke(row);
    },
    async revokeOthers(call) {
      const recall = () => ({
        settled: { statement: sessionsSettled, values: [call.tenant, call.subject] },
        answer: { statement: revokedOthersBefore, values: recallValues(call) },
      });
      const how = { ...repeatable, recall };
      return readRevokeOthers(await runner.run<RevokeOthersRow>(revokeOthers, revokeOthersValues(call), how));
    },
    async list(call) {
      return readList(await runner.run<ListRow>(list, listValues(call), reading));
    },
  };
}
