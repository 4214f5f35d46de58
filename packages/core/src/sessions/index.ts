/**
 * Sessions: refresh tokens that rotate on use, the check of access tokens, and the subjects that they are about.
 * @packageDocumentation
 */
export * from './access-check.ts';
export * from './create-sessions.ts';
export { type LocalRevocations, localRevocations } from './local-revocations.ts';
export type { LogoutParts } from './logout-endpoint.ts';
export * from './memory-session-store.ts';
export * from './memory-subject-store.ts';
export { namedSession } from './named-session.ts';
export { type PageRefreshParts, pageRefresh } from './page-refresh.ts';
export * from './peppers.ts';
export { type SessionEndpointParts, sessionEndpoints } from './session-endpoints.ts';
export type { SessionEvents, SessionFact, SessionRefreshed, TellSession } from './session-events.ts';
export { type AskStore, askStore, type MakeStamp, makeStamp } from './session-parts.ts';
export { sessionProblems } from './session-problems.ts';
export * from './session-settings.ts';
export * from './session-store.ts';
export type { ScopesQuestion } from './session-tokens.ts';
export * from './sessions.ts';
export * from './stall-gate.ts';
export { checkTenant } from './subject-id.ts';
export * from './subject-store.ts';
export * from './subjects.ts';
export * from './token-answer.ts';
