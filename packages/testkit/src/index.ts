/**
 * Conformance cases for Castellan's stores, a manual clock and fault wrappers. Runner-agnostic.
 * @packageDocumentation
 */

export type {
  AdapterException,
  AdapterHarness,
  AppPlan,
  ListeningApp,
  RoutePlan,
} from './adapter-cases/adapter-harness.ts';
export type { HandlerName, RouteHandlers } from './adapter-cases/route-handlers.ts';
export type { Stage } from './adapter-cases/stage.ts';
export { adapterCases } from './adapter-cases.ts';
export { accountStoreCases } from './cases/account-store-cases.ts';
export { auditStoreCases } from './cases/audit-store-cases.ts';
export { limitStoreCases } from './cases/limit-store-cases.ts';
export { revocationStoreCases } from './cases/revocation-store-cases.ts';
export { sessionStoreCases } from './cases/session-store-cases.ts';
export { subjectStoreCases } from './cases/subject-store-cases.ts';
export type { ConformanceCase } from './conformance-case.ts';
export type { LimitHarness } from './limit-harness.ts';
export { type ManualClock, manualClock } from './manual-clock.ts';
export { type ModelStep, type ModelTrace, parseTraces, replayTrace, type TraceStores } from './model-traces.ts';
export { skewDate } from './skew-date.ts';
export type { StoreAlterations, StoreHarness, StoreSet } from './store-harness.ts';
export type { VerbOf } from './wrappers/around-verbs.ts';
export { type CountingStore, countingStore } from './wrappers/counting-store.ts';
export { type Fault, type FaultPlan, withFaults } from './wrappers/with-faults.ts';
export { withLatency } from './wrappers/with-latency.ts';
