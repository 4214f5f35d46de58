import type { SessionStore } from '@castellan/core/sessions';
import type { Runner } from './driver/driver.ts';
import type { GatheredVerbOptions } from './gathered-verb-options.ts';
import { refreshVerb } from './refresh-verb.ts';
import { hot, reading, repeatable } from './run-options.ts';
import { type ListRow, listStatement, listValues, readList } from './sql/session-list.ts';
import { type RevokeRow, readRevoke, revokeStatement, revokeValues } from './sql/session-revoke.ts';
import {
  type RevokeOthersRow,
  readRevokeOthers,
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
  return {
    start: startVerb(runner, s, options),
    refresh: refreshVerb(runner, s, options),
    use: useVerb(runner, s, options),
    async revoke(call) {
      const [row] = await runner.run<RevokeRow>(revoke, revokeValues(call), hot);
      return readRevoke(row);
    },
    async revokeOthers(call) {
      return readRevokeOthers(await runner.run<RevokeOthersRow>(revokeOthers, revokeOthersValues(call), repeatable));
    },
    async list(call) {
      return readList(await runner.run<ListRow>(list, listValues(call), reading));
    },
  };
}
