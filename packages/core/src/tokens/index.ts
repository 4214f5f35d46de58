/**
 * Access tokens: keys, signing, strict verification, the memo, and the guard that turns a bearer token into a principal.
 * @packageDocumentation
 */
export * from './access-check.ts';
export * from './access-token.ts';
export * from './access-tokens.ts';
export * from './authenticate-guard.ts';
export { isScopeToken, MAX_LIFE_SECONDS } from './claims-rules.ts';
export * from './cookie-credentials.ts';
export * from './generate-keys.ts';
export * from './jwks-endpoint.ts';
export * from './keyring.ts';
export { MAX_TOKEN_LENGTH } from './shape-guard.ts';
export type { SigningAlgorithm } from './signing-algorithm.ts';
export type { SigningKey, VerificationKey } from './signing-key.ts';
export * from './token-memo.ts';
export { tokenPrincipal } from './token-principal.ts';
export * from './token-problems.ts';
export { createVerificationQueue, type VerificationQueue } from './verification-queue.ts';
