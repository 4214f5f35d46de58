import type { RevocationStore } from '@castellan/core/revocation';
import { readBoolean } from './driver/columns.ts';
import type { Runner } from './driver/driver.ts';
import { onlyRow } from './only-row.ts';
import { HOT_MS, reading } from './run-options.ts';
import {
  type RevocationCheckRow,
  readRevocationCheck,
  revocationCheckStatement,
  revocationCheckValues,
} from './sql/revocation-check.ts';
import {
  type RevocationRow,
  readCursor,
  readRevocations,
  revocationPollStatement,
  revocationSeedStatement,
} from './sql/revocation-poll.ts';

/** The feed and the truth of revocations on PostgreSQL. */
export function revocationStore(runner: Runner, s: string): RevocationStore {
  const poll = revocationPollStatement(s);
  const seed = revocationSeedStatement(s);
  const check = revocationCheckStatement(s);
  return {
    async poll(cursor) {
      const place = cursor === null ? undefined : readCursor(cursor);
      if (place) {
        const rows = await runner.run<RevocationRow>(poll, place, { ...reading, timeoutMs: HOT_MS });
        if (!readBoolean(onlyRow(rows.slice(0, 1)).stale)) return readRevocations(rows, false);
      }
      return readRevocations(await runner.run<RevocationRow>(seed, [], reading), true);
    },
    async check(question) {
      const values = revocationCheckValues(question);
      return readRevocationCheck(
        onlyRow(await runner.run<RevocationCheckRow>(check, values, { ...reading, timeoutMs: HOT_MS })),
      );
    },
  };
}
