/**
 * Castellan for Express 5.
 * @packageDocumentation
 */
export { type AssertGuardedOptions, assertGuarded } from './assert-guarded.ts';
export { createGate, type Gate, type GateOptions, type Problems } from './gate.ts';
export type { ErrorMiddleware, Middleware, ParseMiddleware } from './middleware.ts';
