/**
 * Castellan: access tokens, sessions, accounts and audit, in any framework.
 * @packageDocumentation
 */
export type { Account, Argon2Parameters, HashingGate, PasswordLengths, PasswordVerifier } from './accounts/index.ts';
export type { AppEndpoint } from './app-endpoints.ts';
export type {
  ActionTable,
  AppActions,
  AuditEvent,
  AuditFact,
  AuditFilter,
  AuditOutcome,
  AuditPage,
} from './audit/index.ts';
export type { AuthLimit, AuthLimitOptions } from './auth-limits.ts';
export {
  type CookieNames,
  type CookieOptions,
  type CorsOptions,
  type CspDirectives,
  type CspViolation,
  type HostOptions,
  type SafeNextOptions,
  type SecurityHeaderOptions,
  type SecurityProfile,
  safeNext,
} from './browser/index.ts';
export type { ActionsOf, Castellan, SessionAnswer, StartSession } from './castellan.ts';
export type { CastellanEvents, OperationEvents } from './castellan-events.ts';
export type { AccountOptions, CastellanOptions } from './castellan-options.ts';
export type { BrowserOptions } from './compose-browser.ts';
export type { HealthOptions } from './compose-health.ts';
export type { LimitsOptions } from './compose-limits.ts';
export { createCastellan } from './create-castellan.ts';
export type { CheckResult, HealthCheck, HealthReport } from './health/index.ts';
export {
  bodyOf,
  type Carrier,
  type Endpoint,
  type EndpointCall,
  type FieldFault,
  type Guard,
  type InferOutput,
  notImplemented,
  type Principal,
  Problem,
  type ProblemKind,
  type ProblemOptions,
  type ProblemTable,
  principalOf,
  type StandardSchemaV1,
  validateBody,
  validateQuery,
  withBody,
  withPrincipal,
} from './http/index.ts';
export { type Duration, type Events, type Origin, StoreUnavailableError } from './kernel/index.ts';
export type { LimitBy, LimitInput, LimitOptions } from './limits/index.ts';
export { type JsonLoggerOptions, jsonLogger, type LogFields, type Logger } from './logging/index.ts';
export { type MemoryStores, type MemoryStoresOptions, memoryStores } from './memory-stores.ts';
export type { Policy, PrivatePolicy, PublicPolicy, Shape } from './policy.ts';
export { problemCatalogue } from './problem-catalogue.ts';
export type {
  Aal,
  CookieMembers,
  MembersOf,
  ScopesQuestion,
  SessionOptions,
  Subject,
  SubjectActor,
  SubjectInput,
  SubjectRef,
  Subjects,
  TokenMembers,
  Transport,
} from './sessions/index.ts';
export type { StoreService, Stores } from './stores.ts';
export { observatoryTiers, productTiers, type Tier } from './tiers.ts';
