import { parseArgs } from 'node:util';
import { StoreUnavailableError } from '@castellan/core/kernel';
import { generatePepper } from '@castellan/core/sessions';
import { generateKeys, type SigningAlgorithm } from '@castellan/core/tokens';
import pg from 'pg';
import { readInt } from '../driver/columns.ts';
import { driverOf } from '../driver/driver-of.ts';
import { createMigrations } from '../migrations/create-migrations.ts';
import { DEFAULT_SCHEMA, quotedSchema } from '../sql/quoted-schema.ts';
import { restoredStatement } from '../sql/restored.ts';
import { usage } from './usage.ts';

/** Where a command reads and writes. */
export interface CommandWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly print: (text: string) => void;
  readonly complain: (text: string) => void;
}

/** A mistake in how the command was called. */
class UsageError extends Error {}

const options = {
  url: { type: 'string' },
  schema: { type: 'string', default: DEFAULT_SCHEMA },
  alg: { type: 'string', default: 'EdDSA' },
  peppers: { type: 'boolean', default: false },
  id: { type: 'string', default: '1' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const algorithms: readonly SigningAlgorithm[] = ['EdDSA', 'ES256', 'RS256', 'HS256'];

/** Runs one command and answers its exit code. */
export async function runCommand(argv: readonly string[], world: CommandWorld): Promise<0 | 1 | 2> {
  try {
    return await run(argv, world);
  } catch (error) {
    if (error instanceof UsageError) {
      world.complain(`castellan-postgres: ${error.message}\nsee castellan-postgres --help\n`);
      return 2;
    }
    world.complain(`castellan-postgres: ${reasonOf(error)}\n`);
    return 1;
  }
}

async function run(argv: readonly string[], world: CommandWorld): Promise<0 | 1> {
  const { values, positionals } = parse(argv);
  const [command, ...more] = positionals;
  if (values.help) {
    world.print(usage);
    return 0;
  }
  if (command === undefined) throw new UsageError('which command?');
  if (more.length > 0) throw new UsageError(`one command at a time, not also ${more.join(' ')}`);
  switch (command) {
    case 'keys':
      world.print(
        `${values.peppers ? generatePepper(pepperId(values.id)) : await generateKeys(algorithm(values.alg))}\n`,
      );
      return 0;
    case 'migrate':
    case 'plan':
    case 'check':
    case 'restored':
      return withPool(values.url ?? world.env['DATABASE_URL'], (pool) =>
        onDatabase(command, pool, values.schema, world),
      );
    default:
      throw new UsageError(`there is no command ${command}`);
  }
}

async function onDatabase(
  command: 'migrate' | 'plan' | 'check' | 'restored',
  pool: pg.Pool,
  schema: string,
  { print, complain }: CommandWorld,
): Promise<0 | 1> {
  const migrations = createMigrations(pool, { schema });
  switch (command) {
    case 'migrate': {
      const done = await migrations.up();
      print(done.map((name) => `${name}: done\n`).join(''));
      print(`${(await migrations.check()).message}\n`);
      return 0;
    }
    case 'plan':
      print((await migrations.plan()) || '-- nothing to do\n');
      return 0;
    case 'check': {
      const { isCurrent, message } = await migrations.check();
      (isCurrent ? print : complain)(`${message}\n`);
      return isCurrent ? 0 : 1;
    }
    case 'restored': {
      const { isCurrent, message } = await migrations.check();
      if (!isCurrent) throw new Error(message);
      const statement = restoredStatement(quotedSchema(schema));
      const [row] = await driverOf(pool).run<{ subjects: unknown }>(statement, [], {
        retry: 'never',
        timeoutMs: LONG_MS,
      });
      print(`the epochs of ${readInt(row?.subjects)} subjects have moved: everybody signs in again\n`);
      return 0;
    }
  }
}

/** For a table of millions of subjects. */
const LONG_MS = 600_000;

async function withPool<T>(url: string | undefined, work: (pool: pg.Pool) => Promise<T>): Promise<T> {
  if (!url) throw new UsageError('which database? Set DATABASE_URL or give --url postgres://user@host/database');
  const pool = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 5000 });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

function parse(
  argv: readonly string[],
): ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function algorithm(name: string): SigningAlgorithm {
  const found = algorithms.find((alg) => alg === name);
  if (!found) throw new UsageError(`--alg must be one of ${algorithms.join(', ')}, not ${name}`);
  return found;
}

function pepperId(text: string): number {
  const id = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(id <= 255)) throw new UsageError(`--id must be 0–255, not ${text}`);
  return id;
}

/** What to tell an operator: the store's own words, and the cause's below them. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof StoreUnavailableError) return `the database does not answer: ${reasonOf(rootOf(error))}`;
  // node's AggregateError of several addresses has no message of its own
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error.message || ('code' in error ? String(error.code) : error.name);
}

function rootOf(error: Error): unknown {
  return error.cause instanceof StoreUnavailableError ? rootOf(error.cause) : (error.cause ?? error.message);
}
