import fs from 'node:fs';
import { jsonLogger } from '@castellan/core';
import { readArguments } from './arguments.ts';
import { readConfiguration } from './configuration.ts';
import { SERVICE, startReferenceApp } from './reference-app.ts';
import { runTour } from './tour/run-tour.ts';
import { welcome } from './welcome.ts';

try {
  if (fs.existsSync('.env')) process.loadEnvFile(); // of the folder it is started in; see .env.example
  const { tour, framework } = readArguments(process.argv.slice(2));
  if (tour) {
    process.exitCode = (await runTour(framework, (line) => console.log(line))) === 0 ? 0 : 1;
  } else {
    const log = jsonLogger({ service: SERVICE });
    const configuration = await readConfiguration(process.env, (message) => log.warn({}, message));
    const app = await startReferenceApp(configuration, framework, log);
    const stop = (): void => {
      process.removeListener('SIGTERM', stop);
      process.removeListener('SIGINT', stop); // a second Ctrl-C ends it at once
      setTimeout(() => process.exit(1), 29_000).unref(); // whatever hangs, a store perhaps
      app.stop().then(
        () => process.exit(0),
        (error) => {
          console.error(error);
          process.exit(1);
        },
      );
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
    console.log(welcome(app)); // now: who reads it may stop it
  }
} catch (error) {
  console.error(reasonOf(error));
  process.exit(1);
}

/** A message for whoever starts it, not a stack: what failed, and below it why. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const causes: readonly unknown[] = error instanceof AggregateError ? error.errors : [error.cause];
  return [error.message, ...causes.filter((cause) => cause !== undefined).map(reasonOf)].filter(Boolean).join(': ');
}
