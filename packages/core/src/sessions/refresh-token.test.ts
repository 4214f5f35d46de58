import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromBase64url, hkdfSha256, hmacSha256, toBase64url, uuidBytes, uuidText } from '../kernel/index.ts';
import { createPeppers, generatePepper } from './peppers.ts';
import { createRefreshTokens, leafPrefix, type PresentedToken } from './refresh-token.ts';

const pepper = new Uint8Array(32).fill(7);
const peppers = createPeppers(`9:${toBase64url(pepper)}`);
const secret32 = (fill: number) => () => new Uint8Array(32).fill(fill);
const sid = '01890a5d-ac96-774b-bcce-b302099a8057';
const bytesOf = (text: string): Buffer => Buffer.from(text.slice('cst_rt_'.length), 'base64url');
const numberOf = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const uuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(uuidText);
const parsed = (tokens: ReturnType<typeof createRefreshTokens>, text: string): PresentedToken => {
  const token = tokens.parse(text);
  if (!token) throw new Error('not parsed');
  return token;
};

describe('refresh token', () => {
  test('it is laid out as docs/sessions.md says, with the keys of its own pepper', () => {
    const { text, hash, kid } = createRefreshTokens(peppers, secret32(3)).first(sid);
    const bytes = bytesOf(text);
    const untagged = Buffer.concat([Buffer.from([1, 9]), uuidBytes(sid), numberOf(0), Buffer.alloc(32, 3)]);
    expect(text).toMatch(/^cst_rt_[A-Za-z0-9_-]{94}$/);
    expect(bytes.subarray(0, 54)).toEqual(untagged);
    expect(bytes.subarray(54)).toEqual(
      Buffer.from(hmacSha256(hkdfSha256(pepper, 'rt/tag/1'), untagged)).subarray(0, 16),
    );
    expect(kid).toBe(9);
    const hashed = hmacSha256(hkdfSha256(pepper, 'rt/hash/1'), uuidBytes(sid), numberOf(0), Buffer.alloc(32, 3));
    expect(Buffer.from(hash)).toEqual(Buffer.from(hashed));
  });

  test('a successor is HMAC(K_next, sid ‖ n+1 ‖ s_n ‖ N)', () => {
    const tokens = createRefreshTokens(peppers, secret32(3));
    const nonce = new Uint8Array(32).fill(5);
    const next = parsed(tokens, tokens.first(sid).text).successor(9, nonce);
    const secret = hmacSha256(hkdfSha256(pepper, 'rt/next/1'), uuidBytes(sid), numberOf(1), Buffer.alloc(32, 3), nonce);
    expect(bytesOf(next?.text ?? '').subarray(22, 54)).toEqual(Buffer.from(secret));
    expect(bytesOf(next?.text ?? '').readUInt32BE(18)).toBe(1);
  });

  test('what was made is read back: session, generation, hash', () => {
    fc.assert(
      fc.property(uuid, fc.nat({ max: 20 }), (sessionId, steps) => {
        const tokens = createRefreshTokens(peppers);
        let { text, hash }: { text: string; hash: Uint8Array } = tokens.first(sessionId);
        for (let step = 0; step < steps; step++) {
          const next = parsed(tokens, text).successor(9, new Uint8Array(32).fill(step));
          if (!next) throw new Error('no successor');
          ({ text, hash } = next);
        }
        expect(parsed(tokens, text)).toMatchObject({ sessionId, generation: steps, hash });
      }),
    );
  });

  test('a re-stamp is read back at whatever generation the store gave it', () => {
    fc.assert(
      fc.property(uuid, fc.integer({ min: 0, max: 0xffff_ffff }), (sessionId, generation) => {
        const tokens = createRefreshTokens(peppers);
        const restamp = tokens.restamp(sessionId);
        const token = parsed(tokens, restamp.text(generation));
        expect(token).toMatchObject({ sessionId, generation });
        expect(Buffer.from(token.hash)).toEqual(Buffer.from(restamp.leaf.hash));
      }),
    );
  });

  test('every altered bit makes it malformed', () => {
    const tokens = createRefreshTokens(peppers);
    for (const text of [tokens.first(sid).text, tokens.restamp(sid).text(4)]) {
      const bytes = bytesOf(text);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const altered = Buffer.from(bytes);
        altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(tokens.parse(`cst_rt_${toBase64url(altered)}`)).toBeUndefined();
      }
    }
  });

  test('one token has one spelling', () => {
    const tokens = createRefreshTokens(peppers);
    const { text } = tokens.first(sid);
    const last = text.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (const char of alphabet) if (char !== last) expect(tokens.parse(text.slice(0, -1) + char)).toBeUndefined();
    for (const other of [
      `${text}=`,
      `${text}==`,
      ` ${text}`,
      `${text}\n`,
      text.toUpperCase(),
      text.slice(7),
      '',
      'cst_rt_',
    ])
      expect(tokens.parse(other)).toBeUndefined();
    expect(tokens.parse(text.replace(/_(?=[^_]*$)/, '/'))).toBeUndefined();
  });

  test('no text that we did not make is read', () => {
    const tokens = createRefreshTokens(peppers);
    fc.assert(fc.property(fc.string(), (text) => tokens.parse(text) === undefined));
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 70, maxLength: 70 }),
        (bytes) => tokens.parse(`cst_rt_${toBase64url(bytes)}`) === undefined,
      ),
    );
  });

  test('a token of an unknown pepper is malformed', () => {
    const { text } = createRefreshTokens(createPeppers(generatePepper(9))).first(sid);
    expect(createRefreshTokens(peppers).parse(text)).toBeUndefined();
  });

  test('an authentic token of a version that does not exist is malformed', () => {
    const bytes = bytesOf(createRefreshTokens(peppers).first(sid).text);
    for (const version of [0, 3, 255]) {
      bytes[0] = version;
      const tag = hmacSha256(hkdfSha256(pepper, 'rt/tag/1'), bytes.subarray(0, 54)).subarray(0, 16);
      bytes.set(tag, 54);
      expect(createRefreshTokens(peppers).parse(`cst_rt_${toBase64url(bytes)}`)).toBeUndefined();
    }
  });

  test('the same parent, pepper and nonce give the same successor; another nonce, session or secret another one', () => {
    fc.assert(
      fc.property(uuid, fc.uint8Array({ minLength: 32, maxLength: 32 }), (sessionId, nonce) => {
        const tokens = createRefreshTokens(peppers, secret32(1));
        const token = parsed(tokens, tokens.first(sessionId).text);
        const next = token.successor(9, nonce)?.text;
        expect(parsed(tokens, tokens.first(sessionId).text).successor(9, nonce)?.text).toBe(next);
        const others = new Set([
          token.successor(
            9,
            nonce.map((byte) => byte ^ 1),
          )?.text,
          parsed(tokens, createRefreshTokens(peppers, secret32(2)).first(sessionId).text).successor(9, nonce)?.text,
        ]);
        expect(others.has(next)).toBe(false);
      }),
    );
  });

  test('the last generation that a store can count has no successor', () => {
    const tokens = createRefreshTokens(peppers);
    const restamp = tokens.restamp(sid);
    const nonce = new Uint8Array(32);
    expect(parsed(tokens, restamp.text(0x7fff_fffe)).successor(9, nonce)).toBeDefined();
    expect(parsed(tokens, restamp.text(0x7fff_ffff)).successor(9, nonce)).toBeUndefined();
    expect(parsed(tokens, restamp.text(0xffff_ffff)).successor(9, nonce)).toBeUndefined();
  });

  test('an attempt key hashes alike for a token and its retries, and differs between sessions', () => {
    const tokens = createRefreshTokens(peppers);
    const { text } = tokens.first(sid);
    const [once, twice] = [parsed(tokens, text), parsed(tokens, text)].map((t) => t.attemptHash('0123456789abcdef'));
    expect(once).toEqual(twice);
    expect(once).toHaveLength(32);
    const other = parsed(tokens, tokens.first('01890a5d-ac96-774b-bcce-b302099a8058').text);
    expect(other.attemptHash('0123456789abcdef')).not.toEqual(once);
  });

  test('the leaf prefix is eight bytes', () => {
    expect(fromBase64url(leafPrefix({ hash: new Uint8Array(32).fill(1) }))).toHaveLength(8);
  });

  test('a dump and the pepper mint nothing: without the secret no successor and no token follows from the row', () => {
    // what the row has: hash, nonce, kid; what the pepper gives: all keys. The secret goes in only through HMACs, so
    // the token of the leaf must not be found in anything that can be computed from them
    const tokens = createRefreshTokens(peppers);
    const first = tokens.first(sid);
    const nonce = new Uint8Array(32).fill(8);
    const leaf = parsed(tokens, first.text).successor(9, nonce);
    const secret = bytesOf(leaf?.text ?? '').subarray(22, 54);
    const keys = ['rt/tag/1', 'rt/hash/1', 'rt/next/1', 'rt/attempt/1'].map((info) => hkdfSha256(pepper, info));
    const known = [nonce, first.hash, leaf?.hash ?? nonce, pepper, ...keys];
    for (const key of [pepper, ...keys])
      for (const one of known)
        for (const two of known) {
          const guesses = [
            hmacSha256(key, uuidBytes(sid), numberOf(1), one, two),
            hmacSha256(key, one, two),
            hmacSha256(key, uuidBytes(sid), numberOf(1), one),
          ];
          for (const guess of guesses) expect(secret.equals(guess)).toBe(false);
        }
  });
});
