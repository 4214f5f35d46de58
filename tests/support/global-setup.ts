import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A superuser's URL of a throw-away PostgreSQL; make a database of your own in it. */
    postgresUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres();
  console.log(`PostgreSQL: ${postgres.how}, ready in ${Math.round(postgres.ms)} ms`);
  project.provide('postgresUrl', postgres.url);
  return postgres.stop;
}
