/**
 * Limits: how many permits a caller has, and when they come back.
 * @packageDocumentation
 */
export type { LimitEvents, TellLimit } from './limit-events.ts';
export type { LimitHeaderOptions, PutLimitFields } from './limit-fields.ts';
export { type LimitDemand, type LimitGuards, limitGuards } from './limit-guard.ts';
export { type BucketsOf, type LimitMac, partitionText } from './limit-keys.ts';
export {
  type LimitBy,
  type LimitInput,
  type LimitOptions,
  type LimitPolicy,
  readLimitPolicies,
  readLimitPolicy,
} from './limit-policy.ts';
export { limitProblems, rateLimited } from './limit-problems.ts';
export { type LimitKind, type LimitText, limitOf } from './limit-rule.ts';
export * from './limit-store.ts';
export { createLimits, type Limits, type LimitsParts } from './limits.ts';
export { type MemoryLimitStore, type MemoryLimitStoreOptions, memoryLimitStore } from './memory-limit-store.ts';
export { type RateLimitParts, rateLimitEndpoint } from './rate-limit-endpoint.ts';
export {
  type DistributedLimits,
  type DistributedLimitsOptions,
  distributedLimits,
  type LimitVariant,
} from './speeds/distributed-limits.ts';
export { type RecurringCheck, type RecurringStore, recurringCheck } from './speeds/recurring-check.ts';
export type { Charge, Taken } from './taken.ts';
