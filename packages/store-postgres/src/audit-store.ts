import type { AuditEntry, AuditStore } from '@castellan/core/audit';
import type { Runner } from './driver/driver.ts';
import { groupCommit } from './driver/group-commit.ts';
import type { GatheredVerbOptions } from './gathered-verb-options.ts';
import { reading, repeatable } from './run-options.ts';
import {
  auditAppendStatement,
  auditAppendValues,
  auditRecallStatement,
  auditRecallValues,
} from './sql/audit-append.ts';
import { type AuditRow, auditQueryStatements, readAuditPage } from './sql/audit-query.ts';

/** Audit rows on PostgreSQL. Calls of `append` gather: one statement and one fsync make many durable. */
export function auditStore(runner: Runner, s: string, { mode, maxFlights }: GatheredVerbOptions): AuditStore {
  const statement = auditAppendStatement(s);
  const before = auditRecallStatement(s);
  const prepare = auditQueryStatements(s);
  const write = async (entries: readonly AuditEntry[]): Promise<true> => {
    if (entries.length === 0) return true;
    const recall = () => ({ answer: { statement: before, values: auditRecallValues(entries) } });
    await runner.run(statement, auditAppendValues(entries), { ...repeatable, recall });
    return true;
  };
  const append = groupCommit<readonly AuditEntry[], true>({
    mode,
    maxFlights,
    key: (entries) => entries[0]?.id ?? '',
    single: write,
    async batch(calls) {
      await write(calls.flat());
      return calls.map(() => true);
    },
  });
  return {
    async append(entries) {
      await append(entries);
    },
    async query(query) {
      const { statement: text, values } = prepare(query);
      return readAuditPage(await runner.run<AuditRow>(text, values, reading), query.limit);
    },
  };
}
