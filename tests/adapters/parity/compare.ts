import { createHash } from 'node:crypto';
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
  [/("(?:expires_in|latency_ms)":)[\d.]+/g, '$1<number>'],
  [/(castellan-at=<access token>; Path=\/; Max-Age=)\d+/g, '$1<number>'],
  [/("refresh_token":")[^"]+/g, '$1<refresh token>'],
  [/("csrf_token":")[^"]+/g, '$1<csrf token>'],
  [/(castellan-(?:rt|csrf|device)=)[^;]+/g, '$1<cookie>'],
];

/** What is compared, as text that a person can read. */
export function shown({ answers, rows, lines }: Outcome, compressed: boolean): string {
  return [
    ...answers.map((answer) => shownAnswer(answer, compressed)),
    ...rows.map((row) => `audit ${stable(row, ['id'])}`),
    // what the front refuses is refused before a route is looked for, or just after
    ...lines
      .map((line) => `log ${stable(line, ['latency_ms', ...(line['status'] === 421 ? ['route'] : [])])}`)
      .toSorted(),
  ].join('\n\n');
}

/** The same with every byte that came, for the eyes of whoever looks for a difference. */
export function raw({ answers }: Outcome): string {
  return answers
    .map((answer) => answer.raw.toString('latin1', 0, 4_000) + (answer.cut ? '<cut>' : ''))
    .join('\n----\n');
}

/** Bodies above this many bytes are told by their hash. */
const LONG = 20_000;
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Whether and how an answer is squeezed is the compression's: what is in it is compared. */
const OF_COMPRESSION = new Set(['content-encoding', 'content-length', 'vary']);

function shownAnswer({ status, reason, lines, headers, body, cut, interim }: Answer, compressed: boolean): string {
  const isOurs = headers['content-type']?.[0] === 'application/problem+json';
  const coding = headers['content-encoding']?.[0];
  const fields = lines
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => !LEFT_OUT.has(name))
    .filter(([name]) => !compressed || !OF_COMPRESSION.has(name))
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
    bytes.length > LONG ? `${bytes.length} bytes, SHA-256 ${hash(bytes)}` : masked(bytes.toString('latin1')),
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
