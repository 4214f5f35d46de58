/**
 * Clock, duration, encoding, ids, events: what every slice stands on.
 * @packageDocumentation
 */
export { type Clock, type MonotonicClock, monotonicClock, systemClock } from './clock.ts';
export { holdsCredential, maskCredentials } from './credential-shapes.ts';
export { equalBytes, hkdfSha256, hmacSha256, type RandomBytes, randomBytes, sha256Base64url } from './crypto.ts';
export { type Duration, durationMs } from './duration.ts';
export { fromBase64url, fromUtf8, toBase64url } from './encoding.ts';
export { createEvents, type EventMap, type Events, type ListenerFailed } from './events.ts';
export { type ParsedJson, parseJson } from './json.ts';
export { noOrigin, type Origin } from './origin.ts';
export { createStoreClock, type Moment, type StoreClock } from './store-clock.ts';
export { turnClock } from './turn-clock.ts';
export { StoreUnavailableError } from './unavailable.ts';
export { isUuid, type MakeId, uuidBytes, uuidText, uuidv7Generator } from './uuid.ts';
