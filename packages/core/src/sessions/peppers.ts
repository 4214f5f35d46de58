import { createSecretKey } from 'node:crypto';
import { fromBase64url, hkdfSha256, hmacSha256, type RandomBytes, randomBytes, toBase64url } from '../kernel/index.ts';

/** HMAC-SHA256 under a key that nobody can read out: it lives in the closure, so that printing shows nothing. */
export type KeyedMac = (...parts: readonly Uint8Array[]) => Uint8Array;

/** What one pepper is used for, each use with a key of its own (NIST SP 800-108: one key, one purpose). */
export interface PepperKeys {
  /** 0–255; travels in the token. */
  readonly id: number;
  /** K_tag: authenticates a refresh token before anything else is looked at. */
  readonly tag: KeyedMac;
  /** K_hash: what the store keeps of a token's secret. */
  readonly hash: KeyedMac;
  /** K_next: derives the successor of a secret. */
  readonly next: KeyedMac;
  /** Hashes the client's attempt keys. */
  readonly attempt: KeyedMac;
  /** Authenticates CSRF tokens. */
  readonly csrf: KeyedMac;
  /** Names callers in the store of limits. */
  readonly limits: KeyedMac;
}

/** The secrets behind all refresh tokens: several at once while one replaces the other, one of them active. */
export interface Peppers {
  /** Tokens are made with it. */
  readonly active: PepperKeys;
  /** All others verify only. `undefined`: never known here, or dropped. */
  find(id: number): PepperKeys | undefined;
}

const SIZE = 32;

/**
 * Reads peppers.
 *
 * To change one: add the new pepper behind the old one everywhere, then put it first; drop the old one after the
 * absolute life of a session. Made active in one step, tokens of the new one would be malformed to processes that
 * still run the old configuration.
 *
 * @param text `1:<base64url of 32 bytes>,2:…`: ids 0–255, the first is active
 * @param path the option's path, named in errors
 * @throws TypeError when the text is malformed; the message shows nothing of it
 */
export function createPeppers(text: string, path = 'peppers'): Peppers {
  const byId = new Map<number, PepperKeys>();
  const seen = new Set<string>();
  let active: PepperKeys | undefined;
  for (const [index, entry] of text.split(',').entries()) {
    const refuse = (problem: string): never => {
      throw new TypeError(`${path}: entry ${index + 1} ${problem}; the form is '1:<base64url of 32 bytes>,2:…'`);
    };
    const colon = entry.indexOf(':');
    const idText = entry.slice(0, Math.max(colon, 0)).trim();
    const id = /^(0|[1-9]\d{0,2})$/.test(idText) ? Number(idText) : Number.NaN;
    if (!(id <= 255)) return refuse('does not begin with an id from 0 to 255 and a colon');
    const secretText = entry.slice(colon + 1).trim();
    const secret = fromBase64url(secretText);
    if (secret?.byteLength !== SIZE) return refuse('is not 32 bytes in base64url without padding');
    if (byId.has(id)) return refuse(`repeats the id ${id}`);
    if (seen.has(secretText)) return refuse('repeats the secret of another entry');
    seen.add(secretText);
    const keys = derive(id, secret);
    byId.set(id, keys);
    active ??= keys;
  }
  if (!active) throw new TypeError(`${path} is empty`); // split() gives at least one entry, which was refused or taken
  return { active, find: (id) => byId.get(id) };
}

/** A fresh pepper in the form that {@link createPeppers} reads. */
export function generatePepper(id = 1, random: RandomBytes = randomBytes): string {
  return `${id}:${toBase64url(random(SIZE))}`;
}

function derive(id: number, secret: Uint8Array): PepperKeys {
  const keyed = (info: string): KeyedMac => {
    const key = createSecretKey(hkdfSha256(secret, info));
    return (...parts) => hmacSha256(key, ...parts);
  };
  return {
    id,
    tag: keyed('rt/tag/1'),
    hash: keyed('rt/hash/1'),
    next: keyed('rt/next/1'),
    attempt: keyed('rt/attempt/1'),
    csrf: keyed('csrf/1'),
    limits: keyed('limits/1'),
  };
}
