import zlib from 'node:zlib';
import type { Answer } from '../../../packages/testkit/src/adapter-cases/wire/answer.ts';
import type { LogLine } from './parity-castellan.ts';

/** An exchange as one framework answered it. */
export interface Outcome {
  readonly answers: readonly Answer[];
  readonly rows: readonly object[];
  readonly lines: readonly LogLine[];
}

/** Not compared: they say when, and how the connection is used. */
const LEFT_OUT = new Set(['date', 'connection', 'keep-alive', 'transfer-encoding']);

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<id>'],
  [/\bey[\w-]+\.[\w-]+\.[\w-]+/g, '<access token>'],
  [/("refresh_token":")[^"]+/g, '$1<refresh token>'],
  [/("csrf_token":")[^"]+/g, '$1<csrf token>'],
  [/(castellan-(?:rt|csrf)=)[^;]+/g, '$1<cookie>'],
];

/** What is compared, as text that a person can read. */
export function shown({ answers, rows, lines }: Outcome): string {
  return [
    ...answers.map(shownAnswer),
    ...rows.map((row) => `audit ${stable(row, ['id'])}`),
    ...lines.map((line) => `log ${stable(line, ['latency_ms'])}`).toSorted(),
  ].join('\n\n');
}

/** The same with every byte that came, for the eyes of whoever looks for a difference. */
export function raw({ answers }: Outcome): string {
  return answers
    .map((answer) => answer.raw.toString('latin1', 0, 4_000) + (answer.cut ? '<cut>' : ''))
    .join('\n----\n');
}

function shownAnswer({ status, reason, lines, headers, body, cut, interim }: Answer): string {
  const isOurs = headers['content-type']?.[0] === 'application/problem+json';
  const coding = headers['content-encoding']?.[0];
  const fields = lines
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => !LEFT_OUT.has(name))
    // how far a body was squeezed is the compression's
    .filter(([name]) => !(coding && name === 'content-length'))
    // the charset of a handler's own type is the framework's
    .map(([name, value]) => [
      name,
      name === 'content-type' && !isOurs ? value.replace(/; ?charset=utf-8$/i, '') : value,
    ])
    .map(([name, value]) => `${name}: ${masked(value as string)}`)
    .toSorted();
  const bytes = coding === 'gzip' && !cut ? zlib.gunzipSync(body) : body;
  return [
    ...interim.map((one) => `HTTP ${one}`),
    `HTTP ${status} ${reason}`,
    ...fields,
    '',
    masked(bytes.toString('latin1')),
    ...(cut ? ['<cut>'] : []),
  ].join('\n');
}

function masked(text: string): string {
  return MASKS.reduce((done, [pattern, word]) => done.replace(pattern, word), text);
}

/** JSON with its members in order. */
function stable(value: object, without: readonly string[]): string {
  const members = Object.entries(value).filter(([name]) => !without.includes(name));
  return masked(JSON.stringify(Object.fromEntries(members.toSorted(([a], [b]) => (a < b ? -1 : 1)))));
}
