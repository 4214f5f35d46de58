import { parseArgs } from 'node:util';
import { FRAMEWORKS, type FrameworkName } from './web/web-app.ts';

/** What `npm run demo -- …` takes. */
export interface Arguments {
  readonly framework: FrameworkName;
  readonly tour: boolean;
}

/** @throws Error that says what is taken */
export function readArguments(argv: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...argv],
    options: { framework: { type: 'string', default: 'express' }, tour: { type: 'boolean', default: false } },
  });
  const framework = FRAMEWORKS.find((name) => name === values.framework);
  if (!framework) throw new Error(`--framework is express, fastify or koa, not ${values.framework}`);
  return { framework, tour: values.tour };
}
