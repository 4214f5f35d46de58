import type { Logger } from '@castellan/core';
import { createCastellan } from '@castellan/core';
import type { Configuration } from './configuration.ts';
import { openDatabase } from './database.ts';
import { openLimitStore } from './limit-store.ts';
import { createProjects } from './projects/projects.ts';
import { listen } from './server.ts';
import { buildWebApp } from './web/build-web-app.ts';
import type { FrameworkName } from './web/web-app.ts';

/** What open requests may take at a shutdown: the platform's patience is 30 s, and the stores are to be closed in it. */
const GRACEFUL_MS = 20_000;

/** The app, listening. */
export interface RunningApp {
  readonly url: string;
  /** Which database it is on. */
  readonly database: string;
  readonly framework: FrameworkName;
  /** What an administrator would do: the account's next refresh brings the new tier. */
  setTier(subject: string, tier: string): Promise<void>;
  /** Accepts no more, lets open requests finish (20 s at most), closes the stores, frees the lock of the embedded database. */
  stop(): Promise<void>;
}

/** The name in its log lines and health reports. */
export const SERVICE = 'castellan-reference';

/** Opens the database, starts Castellan and listens. */
export async function startReferenceApp(
  configuration: Configuration,
  framework: FrameworkName,
  log?: Logger,
): Promise<RunningApp> {
  const database = await openDatabase(configuration);
  const limitStore = openLimitStore(configuration.redisUrl);
  const castellan = createCastellan({
    issuer: configuration.issuer,
    audience: configuration.audience,
    keys: configuration.keys,
    peppers: configuration.peppers,
    stores: { ...database.stores, ...limitStore.stores },
    tiers: configuration.tiers,
    limits: configuration.limits,
    health: { checks: limitStore.checks },
    service: SERVICE,
    ...(log && { logger: log }),
    cookies: configuration.cookies,
    origins: configuration.origins,
    securityHeaders: configuration.production ? 'prod' : 'dev',
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
  try {
    await castellan.start();
    const web = await buildWebApp[framework](castellan, createProjects(database.db));
    const server = await listen(web.listener, configuration.port, configuration.host);
    return {
      url: `http://${configuration.host}:${server.port}`,
      database: database.description,
      framework,
      async setTier(subject, tier) {
        await castellan.subjects.setTier(subject, tier);
      },
      async stop() {
        await server.close(GRACEFUL_MS);
        await web.close();
        await castellan.stop();
        await limitStore.close();
        await database.close();
      },
    };
  } catch (error) {
    await castellan.stop();
    await limitStore.close();
    await database.close();
    throw error;
  }
}
