import { readFileSync } from 'node:fs';
import { type ModelTrace, parseTraces, replayTrace, type TraceStores } from '@castellan/testkit';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../../../tests/support/own-database.ts';
import { createMigrations } from './migrations/create-migrations.ts';
import { postgresStores } from './postgres-stores.ts';

const traces = parseTraces(readFileSync(new URL('../../../formal/traces.jsonl', import.meta.url), 'utf8'));
let database: OwnDatabase;

beforeAll(async () => {
  database = await ownDatabase(inject('postgresUrl'));
  await createMigrations(database.pool()).up();
});
afterAll(() => database.drop());

/** Many at a time, so that their calls meet in batches. */
async function replayAll(stores: TraceStores, some: readonly ModelTrace[]): Promise<void> {
  const left = [...some];
  const work = async (): Promise<void> => {
    for (let trace = left.pop(); trace; trace = left.pop()) expect(await replayTrace(stores, trace)).toBeGreaterThan(0);
  };
  await Promise.all(Array.from({ length: 24 }, work));
}

test.each(['single', 'batch', 'auto'] as const)(
  `PostgreSQL (%s) says what the model says, in ${traces.length} runs of it`,
  { timeout: 300_000 },
  async (batching) => {
    await replayAll(postgresStores(database.pool(), { batching }), traces);
  },
);
