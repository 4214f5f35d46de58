import { createMigrations, type PostgresStores, postgresStores } from '@castellan/store-postgres';
import { openPglite } from '@castellan/store-postgres/pglite';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Configuration } from './configuration.ts';

/** The app's own table, beside Castellan's schema in the same database. */
export interface ProjectRow {
  id: string;
  owner: string;
  name: string;
  description: string | null;
  created_at: Date;
  updated_at: Date;
}
export interface Database {
  project: ProjectRow;
}

/** An open database: the app's query builder, Castellan's stores, and how to close both. */
export interface OpenDatabase {
  readonly description: string;
  readonly db: Kysely<Database>;
  readonly stores: PostgresStores<Database>;
  close(): Promise<void>;
}

/** Opens the server of `DATABASE_URL`, or the embedded database, and brings both schemas up to date. */
export async function openDatabase(configuration: Configuration): Promise<OpenDatabase> {
  const open = configuration.databaseUrl ? openServer(configuration.databaseUrl) : openEmbedded(configuration.data);
  const database = await open;
  await sql`
    create table if not exists project (
      id uuid primary key, owner text not null, name text not null, description text,
      created_at timestamptz(3) not null, updated_at timestamptz(3) not null)`.execute(database.db);
  await sql`create index if not exists project_owner on project (owner, id desc)`.execute(database.db);
  return database;
}

async function openServer(url: string): Promise<OpenDatabase> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 2000,
    keepAlive: true,
    maxLifetimeSeconds: 1800,
  });
  await createMigrations(pool).up();
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
  const stores = postgresStores<Database>(pool);
  return { description: 'PostgreSQL', db, stores, close: () => db.destroy() }; // ends the pool as well
}

async function openEmbedded(folder: string): Promise<OpenDatabase> {
  const pglite = await openPglite({ folder: `${folder}/database` });
  await createMigrations(pglite).up();
  const db = pglite.kysely<Database>();
  const stores = postgresStores<Database>(pglite);
  return { description: `embedded PostgreSQL in ${folder}`, db, stores, close: () => pglite.close() };
}
