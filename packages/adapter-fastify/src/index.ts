/**
 * Castellan for Fastify 5.
 * @packageDocumentation
 */
export { createGate, type Gate, type GateOptions, type GateOwner } from './gate.ts';
export type { GuardConfig } from './guard-config.ts';
