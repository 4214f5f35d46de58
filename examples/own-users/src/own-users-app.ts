import { createCastellan } from '@castellan/core';
import { createMigrations, postgresStores } from '@castellan/store-postgres';
import { openPglite } from '@castellan/store-postgres/pglite';
import type { Express } from 'express';
import { expressApp } from './express-app.ts';
import { createUsers, type Database } from './users.ts';

/** The app, ready to listen. */
export interface OwnUsersApp {
  readonly app: Express;
  stop(): Promise<void>;
}

/** Opens an embedded database (in memory without a folder), brings it up to date and puts the app together. */
export async function openOwnUsersApp(options: {
  readonly folder?: string;
  readonly issuer: string;
  readonly keys: string;
  readonly peppers: string;
}): Promise<OwnUsersApp> {
  const pglite = await openPglite(options.folder === undefined ? {} : { folder: options.folder });
  await createMigrations(pglite).up();
  const users = createUsers(pglite.kysely<Database>());
  await users.migrate();
  const castellan = createCastellan({
    issuer: options.issuer,
    keys: options.keys,
    peppers: options.peppers,
    stores: postgresStores<Database>(pglite),
    accounts: false, // the app has its own users
  });
  await castellan.start();
  return {
    app: expressApp(castellan, users),
    async stop() {
      await castellan.stop();
      await pglite.close();
    },
  };
}
