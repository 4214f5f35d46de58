/**
 * One shape of values whatever carried the row: our own parsers over pg, the host's parsers below Kysely, PGlite's.
 * Verbs read every column through these, and bind times through {@link timestampValue}.
 */
const timestampText = /^(\d{4,})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d(?::?\d\d)?(?::?\d\d)?)$/;

/** Unix ms of a `timestamptz` in PostgreSQL's ISO text form; digits below a millisecond are cut off. */
export function parseTimestamp(text: string): number {
  const usual = usualTimestamp(text);
  if (!Number.isNaN(usual)) return usual;
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (text === '-infinity') return Number.NEGATIVE_INFINITY;
  const m = timestampText.exec(text);
  if (!m) throw new TypeError('expected a timestamptz in ISO form');
  const utc = Date.UTC(Number(m[1]), Number(m[2]) - 1, Number(m[3]), Number(m[4]), Number(m[5]), Number(m[6]));
  const fraction = m[7] === undefined ? 0 : Number(m[7].padEnd(3, '0').slice(0, 3));
  return utc + fraction - offsetMs(m[8] ?? 'Z');
}

/** `2026-11-21 15:30:00.123+00`, as nearly every time comes, in a tenth of what the expression takes; else `NaN`. */
function usualTimestamp(text: string): number {
  const isUsual =
    text.length === 26 &&
    text[4] === '-' &&
    text[7] === '-' &&
    text[10] === ' ' &&
    text[13] === ':' &&
    text[16] === ':' &&
    text[19] === '.' &&
    text.endsWith('+00');
  if (!isUsual) return Number.NaN;
  const digit = (at: number): number => {
    const value = text.charCodeAt(at) - 48;
    return value >= 0 && value <= 9 ? value : Number.NaN;
  };
  const two = (at: number): number => 10 * digit(at) + digit(at + 1);
  const ms = 10 * two(20) + digit(22);
  return Date.UTC(100 * two(0) + two(2), two(5) - 1, two(8), two(11), two(14), two(17), ms);
}

function offsetMs(zone: string): number {
  if (zone === 'Z') return 0;
  const digits = zone.replaceAll(':', '');
  const seconds = Number(digits.slice(1, 3)) * 3600 + Number(digits.slice(3, 5)) * 60 + Number(digits.slice(5, 7));
  return (digits[0] === '-' ? -seconds : seconds) * 1000;
}

/**
 * How Unix ms is bound: ISO text, which `$1::timestamptz` reads the same under every driver and time zone. JavaScript
 * writes years after 9999 with a sign and six digits; PostgreSQL would take the sign for that of a zone.
 */
export function timestampValue(ms: number): string {
  return new Date(ms).toISOString().replace(/^\+0?/, '');
}

/** Unix ms of a `timestamptz` column. */
export function readMs(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'string') return parseTimestamp(value);
  throw new TypeError('expected a timestamptz');
}

/** Unix ms of a nullable `timestamptz` column. */
export function readMsOrNull(value: unknown): number | null {
  return value === null ? null : readMs(value);
}

/** The bytes of a `bytea` column. */
export function readBytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string' && value.startsWith('\\x')) return Buffer.from(value.slice(2), 'hex');
  throw new TypeError('expected a bytea');
}

/** The bytes of a nullable `bytea` column. */
export function readBytesOrNull(value: unknown): Uint8Array | null {
  return value === null ? null : readBytes(value);
}

/** A whole number (`smallint`, `int`, `bigint`, `count(*)`). @throws TypeError beyond 2^53. */
export function readInt(value: unknown): number {
  const number = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
  throw new TypeError('expected a whole number');
}

/** A nullable whole number. */
export function readIntOrNull(value: unknown): number | null {
  return value === null ? null : readInt(value);
}

/** A `text`, `uuid`, `inet` or `xid8` column. */
export function readText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint') return value.toString();
  throw new TypeError('expected a text');
}

/** A nullable text. */
export function readTextOrNull(value: unknown): string | null {
  return value === null ? null : readText(value);
}

/** A `boolean` column. */
export function readBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 't' || value === 'f') return value === 't';
  throw new TypeError('expected a boolean');
}

/** A `json` or `jsonb` column; text where no parser ran below us. */
export function readJson(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}

/** A `text[]` or `uuid[]` column; its text form where no parser ran below us. */
export function readTextArray(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(readText);
  if (typeof value === 'string') return parseArray(value);
  throw new TypeError('expected an array');
}

/** The elements of a one-dimensional array in PostgreSQL's text form, none of which is null. */
function parseArray(text: string): readonly string[] {
  if (!text.startsWith('{') || !text.endsWith('}')) throw new TypeError('expected an array of one dimension');
  const element = /"((?:[^"\\]|\\.)*)"|([^",{}\s][^",{}]*)/g;
  return Array.from(text.slice(1, -1).matchAll(element), ([, quoted, bare]) =>
    quoted === undefined ? (bare ?? '') : quoted.replaceAll(/\\(.)/gs, '$1'),
  );
}
