import { parseArgs } from 'node:util';

/** What `npm run demo -- …` takes. */
export interface Arguments {
  readonly framework: 'express' | 'fastify' | 'koa';
  readonly tour: boolean;
}

/** @throws Error that says what is taken */
export function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: { framework: { type: 'string', default: 'express' }, tour: { type: 'boolean', default: false } },
  });
  const { framework, tour } = values;
  if (framework !== 'express' && framework !== 'fastify' && framework !== 'koa')
    throw new Error(`--framework is express, fastify or koa, not ${framework}`);
  if (framework !== 'express') throw new Error(`--framework ${framework} is not there yet; express is`);
  return { framework, tour };
}
