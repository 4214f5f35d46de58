import type { StoreService } from '@castellan/core';
import type { Driver } from './driver/driver.ts';
import { statement } from './driver/statement.ts';
import { janitor } from './janitor.ts';
import { migrationsOver } from './migrations/create-migrations.ts';
import { quotedSchema } from './sql/quoted-schema.ts';

/** Between two rounds of the janitor, ms. */
const HOUSEKEEPING_MS = 60_000;

const alive = statement('select 1 as alive');

/** Checks at start what the verbs rely on, and keeps house until the stop. */
export function postgresService(
  driver: Driver<unknown>,
  schema: string,
  options: { readonly housekeeping?: boolean; readonly warn?: (message: string) => void },
): StoreService {
  const { housekeeping = true, warn = (message) => process.emitWarning(message) } = options;
  const keeper = janitor(driver, quotedSchema(schema), { everyMs: HOUSEKEEPING_MS, warn });
  return {
    name: 'postgres',
    async start() {
      await driver.start();
      const { isCurrent, message } = await migrationsOver(driver, schema).check();
      if (!isCurrent) throw new Error(message);
      // inside a caller's transaction there is nothing to keep house in
      if (housekeeping && driver.maxFlights > 0) await keeper.start();
    },
    async stop() {
      await keeper.stop();
      await driver.stop();
    },
    async health() {
      await driver.run(alive, [], { retry: 'read', timeoutMs: 1000, withinMs: 2000 });
    },
  };
}
