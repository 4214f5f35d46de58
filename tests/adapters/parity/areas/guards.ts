import { ask, type ParityExchange } from '../exchange.ts';
import { guardNames } from '../parity-routes.ts';

/** Guards of the app's own: whole answers, streams, HEAD, and what the audit sees of them. */
export const guards: readonly ParityExchange[] = guardNames.flatMap((name) => [
  ask(`${name}`, { target: `/guard/${name}` }),
  ask(`${name}, before a stream`, { target: `/guard/${name}/stream` }),
  ask(`${name}, watched`, { target: `/guard/${name}/seen` }, { audits: 1 }),
  ask(`HEAD, ${name}`, { method: 'HEAD', target: `/guard/${name}` }),
]);
