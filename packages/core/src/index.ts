/**
 * Castellan: access tokens, sessions, accounts and audit, in any framework.
 * @packageDocumentation
 */
export type { Castellan, SessionAnswer, StartSession } from './castellan.ts';
export type { CastellanEvents, OperationEvents } from './castellan-events.ts';
export type { AccountOptions, CastellanOptions, Tier } from './castellan-options.ts';
export { createCastellan } from './create-castellan.ts';
export {
  type Carrier,
  type FieldFault,
  notImplemented,
  type Principal,
  Problem,
  type ProblemKind,
  type ProblemOptions,
  type ProblemTable,
  principalOf,
  validateBody,
  validateQuery,
  withPrincipal,
} from './http/index.ts';
export { type Duration, StoreUnavailableError } from './kernel/index.ts';
export { type MemoryStores, memoryStores } from './memory-stores.ts';
export type { Policy, PrivatePolicy, PublicPolicy, Shape } from './policy.ts';
export { problemCatalogue } from './problem-catalogue.ts';
export type { StoreService, Stores } from './stores.ts';
