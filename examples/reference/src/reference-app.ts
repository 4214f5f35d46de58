import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCastellan } from '@castellan/core';
import type { Configuration } from './configuration.ts';
import { openDatabase } from './database.ts';
import { expressApp } from './express-app.ts';
import { createProjects } from './projects/projects.ts';

/** The app, listening. */
export interface RunningApp {
  readonly url: string;
  /** Which database it is on. */
  readonly database: string;
  /** Lets open requests finish (10 s at most), closes the stores, frees the lock of the embedded database. */
  stop(): Promise<void>;
}

/** Where the app tells its operator something. */
export interface Log {
  warn(message: string): void;
  /** Something was answered as 500; its caller was told nothing but the request's id. */
  failed(error: unknown, requestId: string): void;
}

/** Opens the database, starts Castellan and listens. */
export async function startReferenceApp(configuration: Configuration, log: Log): Promise<RunningApp> {
  const database = await openDatabase(configuration);
  const castellan = createCastellan({
    issuer: configuration.issuer,
    audience: configuration.audience,
    keys: configuration.keys,
    peppers: configuration.peppers,
    stores: database.stores,
    tiers: configuration.tiers,
    revocation: { maxStaleness: configuration.maxStaleness },
    sessions: {
      accessTokenTtl: configuration.accessTokenTtl,
      grace: configuration.grace,
      reissue: configuration.reissue,
      idle: configuration.idle,
      absolute: configuration.absolute,
    },
    audit: { actions: ['project.create', 'project.update', 'project.delete'] },
  });
  castellan.events.on('configuration.warning', ({ message }) => log.warn(message));
  castellan.events.on('request.failed', ({ error, requestId }) => log.failed(error, requestId));
  castellan.events.on('store.unavailable', () => log.warn('the database does not answer'));
  castellan.events.on('store.recovered', () => log.warn('the database answers again'));
  try {
    await castellan.start();
    const server = http.createServer(expressApp(castellan, createProjects(database.db)));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(configuration.port, configuration.host, resolve);
    });
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://${configuration.host}:${port}`,
      database: database.description,
      async stop() {
        const cut = setTimeout(() => server.closeAllConnections(), 10_000);
        await new Promise((resolve) => {
          server.close(resolve);
          server.closeIdleConnections();
        });
        clearTimeout(cut);
        await castellan.stop();
        await database.close();
      },
    };
  } catch (error) {
    await castellan.stop();
    await database.close();
    throw error;
  }
}
