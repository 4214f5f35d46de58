/**
 * Verifies bcrypt hashes that an app already has, so that its users sign in with the password they know and leave with
 * an Argon2id hash.
 * @packageDocumentation
 */
export { type BcryptOptions, bcrypt } from './bcrypt.ts';
