import { ask, type ParityExchange } from '../exchange.ts';
import { handlerNames } from '../parity-routes.ts';

const patient = new Set(['stream-half', 'stream-half-length', 'flushed', 'throw-half', 'slow', 'never']);
const whole = handlerNames.filter((name) => !patient.has(name));
const failing = new Set(whole.filter((name) => /^(throw|reject|pass)-|-failed$/.test(name)));

/** What the framework itself does otherwise on HEAD; each is told in its adapter's README, and tested there. */
const ownOnHead = new Set(['empty', 'stream-web', 'stream-failed']);

/** Every handler that answers by itself: not watched, watched, behind a token, and without a guard. */
export const answers: readonly ParityExchange[] = whole.flatMap((name) => [
  ask(`${name}, nobody watches`, { target: `/plain/${name}` }),
  ask(`${name}, watched`, { target: `/seen/${name}` }, { audits: 1 }),
  ask(`${name}, behind a token`, { target: `/closed/${name}`, as: 'good' }, { audits: 1 }),
  // without a policy a Fastify app's errors are its own
  ...(failing.has(name) ? [] : [ask(`${name}, without a guard`, { target: `/bare/${name}` })]),
]);

/** HEAD of every handler. */
export const heads: readonly ParityExchange[] = whole
  .filter((name) => !ownOnHead.has(name))
  .flatMap((name) => [
    ask(`HEAD of ${name}, nobody watches`, { method: 'HEAD', target: `/plain/${name}` }),
    ask(`HEAD of ${name}, watched`, { method: 'HEAD', target: `/seen/${name}` }, { audits: 1 }),
  ]);
