import type { Driver } from '../driver/driver.ts';
import { driverOf, type PostgresClient } from '../driver/driver-of.ts';
import { DEFAULT_SCHEMA, quotedSchema } from '../sql/quoted-schema.ts';
import { allMigrations } from './all-migrations.ts';
import { pendingStatements, turnStatements } from './migration-sql.ts';
import { once, readMigrationState } from './pending-migrations.ts';

/** Where the tables live. */
export interface MigrationOptions {
  /** Default `castellan`. */
  readonly schema?: string;
}

/** What a look at the database tells. */
export interface MigrationCheck {
  /** Nothing is missing. Steps that this release does not know (of a newer one beside it) do no harm. */
  readonly isCurrent: boolean;
  /** The newest step that has run; `null`: none. */
  readonly version: string | null;
  /** The newest step of this release. */
  readonly expected: string;
  readonly pending: readonly string[];
  /** One sentence: where the schema stands, and what to run. */
  readonly message: string;
}

/** The library's schema: up only, in its own transaction, with a table of its own for what has run. */
export interface Migrations {
  /** The SQL that {@link up} would carry out, as a script for review; it can be run as it is. Empty when there is nothing to do. */
  plan(): Promise<string>;
  /**
   * Carries out what is pending, all or nothing. Any number of processes may do it at the same time.
   *
   * @returns the names of the steps that this call has carried out
   */
  up(): Promise<readonly string[]>;
  /** Changes nothing. */
  check(): Promise<MigrationCheck>;
}

/**
 * Makes the migrations of a database.
 *
 * @param client `pg.Pool`, Kysely, or a PGlite handle
 * @throws TypeError for another client, or a schema that PostgreSQL could not have
 */
export function createMigrations<DB>(client: PostgresClient<DB>, options: MigrationOptions = {}): Migrations {
  return migrationsOver(driverOf(client), options.schema ?? DEFAULT_SCHEMA);
}

/** The same over a driver. */
export function migrationsOver(driver: Driver<unknown>, schema: string): Migrations {
  const s = quotedSchema(schema);
  const expected = allMigrations.at(-1)?.name ?? '';
  return {
    async plan() {
      const statements = pendingStatements(s, await readMigrationState(driver, s));
      if (statements.length === 0) return '';
      return ['begin', ...turnStatements(s), ...statements, 'commit', ''].join(';\n');
    },
    up: () =>
      driver.transaction(
        async (runner) => {
          for (const text of turnStatements(s))
            await runner.run(once(text), [], { retry: 'never', timeoutMs: TURN_MS });
          const state = await readMigrationState(runner, s);
          for (const text of pendingStatements(s, state))
            await runner.run(once(text), [], { retry: 'never', timeoutMs: STEP_MS });
          return state.pending.map(({ name }) => name);
        },
        { retry: 'idempotent' },
      ),
    async check() {
      const { applied, pending } = await readMigrationState(driver, s);
      const version = applied.at(-1) ?? null;
      const isCurrent = pending.length === 0;
      const command = `npx castellan-postgres migrate${schema === DEFAULT_SCHEMA ? '' : ` --schema ${schema}`}`;
      const stands = `schema ${s} is at ${version ?? 'no version'}`;
      const message = isCurrent
        ? `${stands}: nothing to do`
        : `${stands}, this release needs ${expected}: run \`${command}\``;
      return { isCurrent, version, expected, pending: pending.map(({ name }) => name), message };
    },
  };
}

/** How long our side waits for its turn, ms: a little longer than the server. */
const TURN_MS = 65_000;
/** How long our side waits for one step, ms. */
const STEP_MS = 600_000;
