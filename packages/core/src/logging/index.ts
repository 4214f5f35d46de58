/**
 * Structured lines: the logger's port, a logger of our own, and one line per request.
 * @packageDocumentation
 */
export { type ErrorFields, errorFields } from './error-fields.ts';
export { type JsonLoggerOptions, jsonLogger } from './json-logger.ts';
export { carefulLogger, checkLogger, type LogFields, type Logger, type LogLevel } from './logger.ts';
export { createRequestLog, type RequestLog } from './request-log.ts';
