/**
 * How the service and its dependencies are: checks with a time limit, shared by all who ask, and their endpoints.
 * @packageDocumentation
 */
export { createHealth, type Health, type HealthParts, type HealthReport } from './health.ts';
export type { CheckResult, HealthCheck } from './health-check.ts';
export { type HealthEndpointsOptions, healthEndpoints } from './health-endpoints.ts';
