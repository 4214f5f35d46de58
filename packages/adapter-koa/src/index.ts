/**
 * Castellan for Koa 3.
 * @packageDocumentation
 */
export { createGate, type Gate, type GateOptions } from './gate.ts';
export type { KoaContext, Middleware, ParseMiddleware } from './koa-framework.ts';
