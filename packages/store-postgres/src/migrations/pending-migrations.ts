import { readText } from '../driver/columns.ts';
import type { Runner } from '../driver/driver.ts';
import { type Statement, statement } from '../driver/statement.ts';
import { allMigrations } from './all-migrations.ts';
import type { Migration } from './migration.ts';

/** What a database has and what it lacks. */
export interface MigrationState {
  readonly hasSchema: boolean;
  readonly hasTable: boolean;
  /** Names of the steps that have run, in order. */
  readonly applied: readonly string[];
  readonly pending: readonly Migration[];
}

/** Without a name: such a statement is sent once, and no connection should keep a plan of it. */
export function once(text: string): Statement {
  return { name: '', text };
}

/** Reads which steps have run. */
export async function readMigrationState(runner: Runner, s: string): Promise<MigrationState> {
  const [found] = await runner.run<{ schema: unknown; table: unknown }>(
    statement(`select to_regnamespace($1::text)::text as schema, to_regclass($2::text)::text as table`),
    [s, `${s}.migration`],
    { retry: 'read' },
  );
  const hasTable = found?.table != null;
  const rows = hasTable
    ? await runner.run<{ name: unknown }>(once(`select name from ${s}.migration order by name`), [], { retry: 'read' })
    : [];
  const applied = rows.map(({ name }) => readText(name));
  return {
    hasSchema: found?.schema != null,
    hasTable,
    applied,
    pending: allMigrations.filter(({ name }) => !applied.includes(name)),
  };
}
