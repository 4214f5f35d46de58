import { Console } from 'node:console';
import { type Clock, systemClock } from '../kernel/index.ts';
import { errorFields } from './error-fields.ts';
import type { LogFields, Logger, LogLevel } from './logger.ts';

/** What {@link jsonLogger} is made of. */
export interface JsonLoggerOptions {
  /** The service's name, on every line. */
  readonly service: string;
  /** Takes one line, its end included. Default: standard output. */
  readonly write?: (line: string) => void;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/**
 * A logger for those who have none: one JSON object a line with `timestamp` (ISO 8601, UTC), `level`, `service`, the
 * fields and `message`. A field can't take the place of one of these. Errors among the fields are told by name, message
 * and stack; what JSON can't say does not break the line.
 */
export function jsonLogger({ service, write = standardOutput(), clock = systemClock }: JsonLoggerOptions): Logger {
  const log =
    (level: LogLevel): Logger[LogLevel] =>
    (fields, message) => {
      const base = { timestamp: new Date(clock()).toISOString(), level, service };
      write(`${lineOf(base, fields, message)}\n`);
    };
  return { info: log('info'), warn: log('warn'), error: log('error') };
}

function lineOf(base: LogFields, fields: LogFields, message: string | undefined): string {
  const end = message === undefined ? {} : { message };
  try {
    // the first names the order, the last the value
    return JSON.stringify({ ...base, ...fields, ...base, ...end }, sayable);
  } catch {
    return JSON.stringify({ ...base, fields: 'not serialisable', ...end });
  }
}

/** Sees the object that holds the value: what came through `toJSON` before may be a whole request. */
function sayable(this: LogFields, name: string, value: unknown): unknown {
  const given = this[name];
  if (given instanceof Error) return errorFields(given);
  return typeof value === 'bigint' ? String(value) : value;
}

/** Ignores a reader that has gone, as `console.log` does: a closed pipe must not end the process. */
function standardOutput(): (line: string) => void {
  const out = new Console({ stdout: process.stdout, stderr: process.stderr, ignoreErrors: true });
  return (line) => out.log(line.slice(0, -1));
}
