import type { IncomingHttpHeaders } from 'node:http';
import { maskCredentials } from '../kernel/index.ts';

/** What stands where a secret stood. */
const MASK = '[redacted]';

/** Shorter values are words that stand everywhere; masking them would make a text unreadable and hide nothing. */
const SHORTEST_SECRET = 6;

/** `Authorization` values, credentials inside URLs, and queries: wherever in a text they stand. */
const SHAPES: readonly (readonly [shape: RegExp, mask: string])[] = [
  [/\b(bearer|basic|digest|dpop) +[\w.~+/=-]+/gi, `$1 ${MASK}`],
  [/:\/\/[^\s/@'"]+@/g, `://${MASK}@`],
  [/\?[\w.~%[\]-]+=[^\s'"`<>)]*/g, `?${MASK}`],
];

/** A text without anything that looks like a secret. */
export function masked(text: string): string {
  return SHAPES.reduce((left, [shape, mask]) => left.replace(shape, mask), maskCredentials(text));
}

/** What a request has sent that no line may repeat, whatever an error's message is made of. */
export function secretsOf({
  headers,
  target,
}: {
  readonly headers: IncomingHttpHeaders;
  readonly target: string;
}): readonly string[] {
  const query = target.slice(target.indexOf('?') + 1 || target.length);
  const values = [
    ...headerValues(headers),
    ...(headers.cookie ?? '').split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim()),
    query,
    ...query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1)),
  ];
  return [...new Set(values.flatMap((value) => [value, decoded(value)]))]
    .filter((value) => value.length >= SHORTEST_SECRET)
    .sort((one, other) => other.length - one.length); // a part must not break up the whole
}

/** A text without secrets, and without these. */
export function maskedOf(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, MASK), masked(text));
}

/** Every header that is a secret by what it is for. */
function headerValues(headers: IncomingHttpHeaders): readonly string[] {
  return Object.entries(headers)
    .filter(([name]) => /authorization|cookie|token|csrf|xsrf|secret|api-?key|password/.test(name))
    .flatMap(([, value]) => value ?? [])
    .flatMap((value) => [value, value.slice(value.indexOf(' ') + 1)]);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll('+', ' '));
  } catch {
    return value;
  }
}
