/** What a line says besides its message. Names are snake_case. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where lines go. A logger of pino fits as it is, and so does Fastify's. */
export interface Logger {
  info(fields: LogFields, message?: string): void;
  warn(fields: LogFields, message?: string): void;
  error(fields: LogFields, message?: string): void;
}

/** The levels in use. */
export type LogLevel = keyof Logger;

/**
 * A logger whose failures stay its own: what it throws, or rejects with, is dropped, because no request may fail for a
 * line.
 */
export function carefulLogger(logger: Logger): Logger {
  const careful =
    (level: LogLevel): Logger[LogLevel] =>
    (fields, message) => {
      try {
        const result: unknown = logger[level](fields, message);
        if (result instanceof Promise) result.catch(() => {});
      } catch {
        // there is nowhere left to say so
      }
    };
  return { info: careful('info'), warn: careful('warn'), error: careful('error') };
}

/** @throws TypeError naming the option when something is no logger */
export function checkLogger(logger: unknown): asserts logger is Logger {
  for (const level of ['info', 'warn', 'error'])
    if (typeof (logger as Readonly<Record<string, unknown>> | null)?.[level] !== 'function')
      throw new TypeError(`logger.${level} must be a function: give a pino logger, or jsonLogger({ service: '…' })`);
}
