import { readInt, readText } from './columns.ts';
import type { Runner } from './driver.ts';
import { statement } from './statement.ts';

const settings = statement(
  `select current_setting('server_version_num')::int as version, current_setting('transaction_isolation') as isolation`,
);

/**
 * Refuses a server on which the statements would not do what they say. Above READ COMMITTED whoever waits for a row's
 * lock gets 40001 in place of a verdict.
 * @throws TypeError that says what to change
 */
export async function checkServer(runner: Runner): Promise<void> {
  const [row] = await runner.run<{ version: unknown; isolation: unknown }>(settings, [], { retry: 'read' });
  if (!row) throw new TypeError('the server did not tell its version');
  const version = readInt(row.version);
  if (version < 150_000) {
    throw new TypeError(`PostgreSQL 15 or newer is needed; this server is ${Math.trunc(version / 10_000)}`);
  }
  const isolation = readText(row.isolation);
  if (isolation !== 'read committed') {
    throw new TypeError(
      `default_transaction_isolation is '${isolation}'; Castellan needs 'read committed' (ALTER ROLE … SET default_transaction_isolation = 'read committed')`,
    );
  }
}
