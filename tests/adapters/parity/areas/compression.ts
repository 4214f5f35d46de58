import { ask, type ParityExchange } from '../exchange.ts';

const gzip = { 'accept-encoding': 'gzip' };
const handlers = [
  'json',
  'text',
  'large',
  'stream',
  'stream-length',
  'stream-large',
  'empty',
  'throw-problem',
  'throw-error',
  'cookies',
] as const;

/** A compression of the framework's own world, before our doors and behind them. */
export const compression: readonly ParityExchange[] = (['compressed outside', 'compressed inside'] as const).flatMap(
  (variant) => [
    ...handlers.flatMap((name) => [
      ask(`${variant}: ${name}`, { target: `/plain/${name}`, headers: gzip }, { variant }),
      ask(`${variant}: ${name}, watched`, { target: `/seen/${name}`, headers: gzip }, { variant, audits: 1 }),
    ]),
    ask(
      `${variant}: not asked for`,
      { target: '/seen/text', headers: { 'accept-encoding': 'identity' } },
      { variant, audits: 1 },
    ),
    ask(`${variant}: refused`, { target: '/closed', headers: gzip }, { variant }),
    ask(`${variant}: HEAD`, { method: 'HEAD', target: '/seen/text', headers: gzip }, { variant, audits: 1 }),
    ask(`${variant}: an endpoint`, { target: '/auth/jwks.json', headers: gzip }, { variant }),
    ask(`${variant}: nothing there`, { target: '/nothing', headers: gzip }, { variant }),
  ],
);
