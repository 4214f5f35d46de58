import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A superuser's URL of a throw-away PostgreSQL; make a database of your own in it. */
    postgresUrl: string;
    /** A Redis that other files use too: every key begins with a prefix of the file's own. */
    redisUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const services = { PostgreSQL: await startPostgres(), Redis: await startRedis() };
  for (const [name, { how, ms }] of Object.entries(services))
    console.log(`${name}: ${how}, ready in ${Math.round(ms)} ms`);
  project.provide('postgresUrl', services.PostgreSQL.url);
  project.provide('redisUrl', services.Redis.url);
  return async () => {
    await Promise.all(Object.values(services).map((service) => service.stop()));
  };
}
