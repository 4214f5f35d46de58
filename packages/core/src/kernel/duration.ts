const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time span as people write it: `'500ms'`, `'10s'`, `'15m'`, `'14d'`. A day is 24 hours. */
export type Duration = `${number}${keyof typeof UNIT_MS}`;

/**
 * Reads a duration as milliseconds.
 *
 * @param value a whole number and one of `ms`, `s`, `m`, `h`, `d`
 * @param path the option's path, named in the error
 * @throws TypeError when the text is no duration
 */
export function durationMs(value: string, path: string): number {
  const match = /^(\d{1,12})(ms|s|m|h|d)$/.exec(value);
  const ms = match ? Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS] : Number.NaN;
  if (!Number.isSafeInteger(ms))
    throw new TypeError(`${path} must be a duration such as '10s', '15m' or '14d', not ${JSON.stringify(value)}`);
  return ms;
}
