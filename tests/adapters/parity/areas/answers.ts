import type { HandlerName } from '@castellan/testkit';
import { ask, type ParityExchange } from '../exchange.ts';
import { handlerNames } from '../parity-routes.ts';

/** What a handler does, by what it is about. Those that wait for a word have scripts of their own. */
const groups = {
  'every way to answer': [
    'json',
    'json-sent',
    'text',
    'bytes',
    'missing',
    'headers',
    'node-end',
    'node-write',
    'twice',
    'stream',
    'stream-length',
    'stream-web',
  ],
  'async and sync handlers': ['json-async', 'json-callback', 'json-unreturned'],
  'empty answers': ['empty', 'empty-text'],
  'several Set-Cookie': ['cookies'],
  'above 1 MB': ['large', 'stream-large'],
  'a thrown Problem': ['throw-problem', 'reject-problem', 'throw-dressed'],
  'a thrown Error': [
    'throw-error',
    'reject-error',
    'pass-error',
    'throw-status',
    'throw-text',
    'throw-answered',
    'stream-failed',
  ],
} as const satisfies Readonly<Record<string, readonly HandlerName[]>>;

const failing = /^(throw|reject|pass)-|-failed$/;

/** Every handler that answers by itself: not watched, watched, behind a token, and without a guard. */
function answersOf(names: readonly HandlerName[]): readonly ParityExchange[] {
  return names.flatMap((name) => [
    ask(`${name}, nobody watches`, { target: `/plain/${name}` }),
    ask(`${name}, watched`, { target: `/seen/${name}` }, { audits: 1 }),
    ask(`${name}, behind a token`, { target: `/closed/${name}`, as: 'good' }, { audits: 1 }),
    // without a policy a Fastify app's errors are its own
    ...(failing.test(name) ? [] : [ask(`${name}, without a guard`, { target: `/bare/${name}` })]),
  ]);
}

export const answers: Readonly<Record<string, readonly ParityExchange[]>> = Object.fromEntries(
  Object.entries(groups).map(([about, names]) => [about, answersOf(names)]),
);

/** What the framework itself does otherwise on HEAD; each is told in its adapter's README, and tested there. */
const ownOnHead = new Set<HandlerName>(['empty', 'stream-web', 'stream-failed']);

/** HEAD of every handler. */
export const heads: readonly ParityExchange[] = handlerNames
  .filter((name) => Object.values<readonly HandlerName[]>(groups).some((names) => names.includes(name)))
  .filter((name) => !ownOnHead.has(name))
  .flatMap((name) => [
    ask(`HEAD of ${name}, nobody watches`, { method: 'HEAD', target: `/plain/${name}` }),
    ask(`HEAD of ${name}, watched`, { method: 'HEAD', target: `/seen/${name}` }, { audits: 1 }),
  ]);
