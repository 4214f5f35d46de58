import {
  equalBytes,
  fromBase64url,
  type RandomBytes,
  randomBytes,
  toBase64url,
  uuidBytes,
  uuidText,
} from '../kernel/index.ts';
import type { PepperKeys, Peppers } from './peppers.ts';
import type { Leaf } from './session-store.ts';

/** An authentic refresh token, taken apart. */
export interface PresentedToken {
  readonly sessionId: string;
  readonly generation: number;
  /** Keyed hash of its secret: what the store compares. */
  readonly hash: Uint8Array;
  /**
   * The token that follows it: the same for the same nonce and pepper, so that a retry gets what the lost answer said.
   * `undefined` at the last generation that stores can count, and when this process does not know the pepper.
   */
  successor(kid: number, nonce: Uint8Array): MintedToken | undefined;
  /** Keyed hash of an attempt key. Under the presented token's own pepper: a change of peppers must not part retries. */
  attemptHash(attempt: string): Uint8Array;
}

/** A refresh token to be answered, and what the store keeps of it. */
export interface MintedToken {
  readonly text: string;
  readonly hash: Uint8Array;
}

/** A token whose generation only the store will tell. */
export interface RestampToken {
  readonly leaf: { readonly kid: number; readonly hash: Uint8Array };
  text(generation: number): string;
}

/** Makes and takes apart refresh tokens. Synchronous: a refresh never queues behind a password hash. */
export interface RefreshTokens {
  /** `undefined`: not one of ours, not canonical, altered, or of an unknown pepper. */
  parse(text: string): PresentedToken | undefined;
  /** Generation 0 of a new session, from 32 random bytes. */
  first(sessionId: string): MintedToken & { readonly kid: number };
  /** A leaf that has no parent, from 32 random bytes, for a session's next generation. */
  restamp(sessionId: string): RestampToken;
  /** The pepper under which successors are chosen now. */
  readonly activeKid: number;
}

/** Recognisable to secret scanners. */
const PREFIX = 'cst_rt_';
/** version 1 · kid 1 · session id 16 · generation 4 · secret 32 · tag 16. */
const SIZE = 70;
const TAGGED = 54;
const TAG_SIZE = 16;
const TEXT_LENGTH = PREFIX.length + Math.ceil((SIZE * 4) / 3);

/** A secret of the chain: its stored hash binds session and generation. */
const CHAINED = 1;
/** A secret stamped into a session by its id: its hash is written before the generation is known. */
const STAMPED = 2;

/** Stores count generations in 31 bits. At one rotation per second that lasts for 68 years. */
const LAST_GENERATION = 0x7fff_ffff;

/** Makes the codec. */
export function createRefreshTokens(peppers: Peppers, random: RandomBytes = randomBytes): RefreshTokens {
  const mint = (
    version: number,
    keys: PepperKeys,
    sessionId: string,
    generation: number,
    secret: Uint8Array,
  ): MintedToken => {
    const bytes = Buffer.alloc(SIZE);
    bytes[0] = version;
    bytes[1] = keys.id;
    bytes.set(uuidBytes(sessionId), 2);
    bytes.writeUInt32BE(generation, 18);
    bytes.set(secret, 22);
    bytes.set(keys.tag(bytes.subarray(0, TAGGED)).subarray(0, TAG_SIZE), TAGGED);
    return { text: PREFIX + toBase64url(bytes), hash: storedHash(keys, bytes) };
  };

  return {
    parse(text) {
      if (text.length !== TEXT_LENGTH || !text.startsWith(PREFIX)) return undefined;
      const bytes = fromBase64url(text.slice(PREFIX.length));
      if (!bytes) return undefined;
      const keys = peppers.find(bytes[1] as number);
      // the tag before anything else: what fails it has never been ours, and must not cost a look into the store
      if (!keys || !equalBytes(keys.tag(bytes.subarray(0, TAGGED)).subarray(0, TAG_SIZE), bytes.subarray(TAGGED)))
        return undefined;
      if (bytes[0] !== CHAINED && bytes[0] !== STAMPED) return undefined;
      const sid = bytes.subarray(2, 18);
      const generation = uint32(bytes.subarray(18, 22));
      const secret = bytes.subarray(22, TAGGED);
      const sessionId = uuidText(sid);
      return {
        sessionId,
        generation,
        hash: storedHash(keys, bytes),
        successor(kid, nonce) {
          const under = peppers.find(kid);
          if (!under || generation >= LAST_GENERATION) return undefined;
          const next = under.next(sid, uint32Bytes(generation + 1), secret, nonce);
          return mint(CHAINED, under, sessionId, generation + 1, next);
        },
        attemptHash: (attempt) => keys.attempt(sid, Buffer.from(attempt)),
      };
    },
    first(sessionId) {
      const keys = peppers.active;
      return { kid: keys.id, ...mint(CHAINED, keys, sessionId, 0, random(32)) };
    },
    restamp(sessionId) {
      const keys = peppers.active;
      const secret = random(32);
      return {
        leaf: { kid: keys.id, hash: keys.hash(uuidBytes(sessionId), secret) },
        text: (generation) => mint(STAMPED, keys, sessionId, generation, secret).text,
      };
    },
    activeKid: peppers.active.id,
  };
}

/** The claim `lf`: which instance of a generation an access token was issued with. */
export function leafPrefix(leaf: Pick<Leaf, 'hash'>): string {
  return toBase64url(leaf.hash.subarray(0, 8));
}

/**
 * HMAC(K_hash, sid ‖ n ‖ s_n) for the chain. A re-stamp is written by session id, while its generation may still move:
 * HMAC(K_hash, sid ‖ s). The lengths differ (52 and 48 bytes), so the two never meet; the tag binds session, generation
 * and form in both.
 */
function storedHash(keys: PepperKeys, token: Uint8Array): Uint8Array {
  return token[0] === STAMPED
    ? keys.hash(token.subarray(2, 18), token.subarray(22, TAGGED))
    : keys.hash(token.subarray(2, TAGGED));
}

function uint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0);
}

function uint32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
