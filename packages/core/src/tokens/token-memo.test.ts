import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokenMemo, type MemoEntry } from './token-memo.ts';

const NOW = Date.UTC(2026, 0, 5, 12);
/** 43 characters that differ everywhere, as signatures do. */
const signature = (n: number | string): string => createHash('sha256').update(String(n)).digest('base64url');
const token = (n: number | string): string => `header.payload-${n}.${signature(n)}`;
const entry = (n: number | string, change: Partial<MemoEntry> = {}): MemoEntry => ({
  tenant: '',
  audience: 'api',
  sessionId: `session-${n}`,
  expiresAt: NOW + 900_000,
  ...change,
});

it('finds what was inserted, for exactly its tenant and audience', () => {
  const memo = createTokenMemo();
  const kept = entry(1, { tenant: 'acme' });
  memo.insert(token(1), kept, NOW);
  expect(memo.find(token(1), 'acme', 'api', NOW)).toBe(kept);
  expect(memo.find(token(1), '', 'api', NOW)).toBeUndefined();
  expect(memo.find(token(1), 'acme', 'other', NOW)).toBeUndefined();
  expect(memo.find(token(1), 'acme', 'api', NOW)).toBe(kept);
});

it('another text with the signature of a kept token is not found, and forgets nothing', () => {
  const memo = createTokenMemo();
  memo.insert(token(1), entry(1), NOW);
  const altered = `header.payload-2.${signature(1)}`;
  expect(memo.find(altered, '', 'api', NOW)).toBeUndefined();
  memo.forget(altered);
  expect(memo.find(token(1), '', 'api', NOW)).toBeDefined();
  for (const respelled of [`${token(1)} `, ` ${token(1)}`, `${token(1)}=`, token(1).toUpperCase(), signature(1), ''])
    expect(memo.find(respelled, '', 'api', NOW)).toBeUndefined();
});

it('a token is found by its own text whatever line it comes in, and by a line only as a line', () => {
  const memo = createTokenMemo();
  const [kept, line] = [entry(1), `Bearer ${token(1)}`];
  memo.insert(token(1), kept, NOW, line);
  for (const given of [line, `bearer  ${token(1)}`, undefined])
    expect(memo.find(token(1), '', 'api', NOW, given)).toBe(kept);
  const other = `header.payload-2.${signature(1)}`;
  expect(memo.find(other, '', 'api', NOW, `Bearer ${other}`)).toBeUndefined();
  expect(memo.find(line, '', 'api', NOW)).toBeUndefined();
  expect(memo.find(line, '', 'api', NOW, `Bearer ${line}`)).toBeUndefined();
  memo.insert(token(2), entry(2), NOW);
  expect(memo.find(other, '', 'api', NOW, undefined)).toBeUndefined();
});

it('two good tokens that fall on one key: the later stays, and neither is ever taken for the other', () => {
  const memo = createTokenMemo();
  const [earlier, later] = [token(1), `header.payload-2.${'x'.repeat(34)}${token(1).slice(-9)}`];
  memo.insert(earlier, entry(1), NOW);
  const kept = entry(2);
  memo.insert(later, kept, NOW);
  expect(memo.size()).toBe(1);
  expect(memo.find(earlier, '', 'api', NOW)).toBeUndefined();
  memo.forget(earlier);
  expect(memo.find(later, '', 'api', NOW)).toBe(kept);
});

it('an entry is there in its last millisecond, and gone in the next', () => {
  const memo = createTokenMemo();
  memo.insert(token(1), entry(1), NOW);
  expect(memo.find(token(1), '', 'api', NOW + 899_999)).toBeDefined();
  expect(memo.size()).toBe(1);
  expect(memo.find(token(1), '', 'api', NOW + 900_000)).toBeUndefined();
  expect(memo.size()).toBe(0);
});

it('expired entries leave as new ones come, though nobody asks for them', () => {
  const memo = createTokenMemo();
  for (let n = 0; n < 100; n++) memo.insert(token(n), entry(n), NOW);
  for (let n = 100; n < 150; n++) memo.insert(token(n), entry(n, { expiresAt: NOW + 2e6 }), NOW + 1e6);
  expect(memo.size()).toBe(50);
});

it('forgets a token that turned out dead', () => {
  const memo = createTokenMemo();
  memo.insert(token(1), entry(1), NOW);
  memo.forget(token(1));
  expect(memo.find(token(1), '', 'api', NOW)).toBeUndefined();
});

it('keeps at most eight tokens of one session, the newest', () => {
  const memo = createTokenMemo();
  for (let n = 0; n < 20; n++) memo.insert(token(n), entry(n, { sessionId: 'one' }), NOW);
  const kept = Array.from({ length: 20 }, (_, n) => memo.find(token(n), '', 'api', NOW) !== undefined);
  expect(kept).toEqual(Array.from({ length: 20 }, (_, n) => n >= 12));
});

it('a token inserted twice (two first sights joined) is one entry, the later', () => {
  const memo = createTokenMemo();
  const [first, second] = [entry(1), entry(1)];
  memo.insert(token(1), first, NOW);
  memo.insert(token(1), second, NOW);
  expect(memo.size()).toBe(1);
  expect(memo.find(token(1), '', 'api', NOW)).toBe(second);
});

describe('floods:', () => {
  const hot = Array.from({ length: 50 }, (_, n) => token(`hot-${n}`));
  const warm = () => {
    const memo = createTokenMemo({ capacity: 100 });
    for (const [n, text] of hot.entries()) memo.insert(text, entry(`hot-${n}`), NOW);
    return memo;
  };
  const found = (memo: ReturnType<typeof warm>) => hot.filter((text) => memo.find(text, '', 'api', NOW)).length;

  it('tokens that are never inserted, forged or re-spelled, change nothing', () => {
    const memo = warm();
    for (let n = 0; n < 10_000; n++) memo.find(token(`forged-${n}`), '', 'api', NOW);
    for (const text of hot) for (const end of [' ', '=', 'A']) memo.find(text + end, '', 'api', NOW);
    expect(memo.size()).toBe(50);
    expect(found(memo)).toBe(50);
  });

  it('good tokens of many sessions, each seen once, do not drive out those in use', () => {
    const memo = warm();
    for (let n = 0; n < 10_000; n++) {
      memo.insert(token(n), entry(n), NOW);
      memo.find(hot[n % 50] ?? '', '', 'api', NOW);
    }
    expect(memo.size()).toBe(100);
    expect(found(memo)).toBe(50);
  });

  it('one session that brings many good tokens drives out only its own', () => {
    const memo = warm();
    for (let n = 0; n < 10_000; n++) memo.insert(token(n), entry(n, { sessionId: 'busy' }), NOW);
    expect(memo.size()).toBe(58);
    expect(found(memo)).toBe(50);
  });
});

it('whatever is done: bounded in all and by session, and never an entry that is not the token’s own', () => {
  const step = fc.record({
    act: fc.constantFrom('insert', 'insert', 'find', 'forget', 'wait' as const),
    token: fc.integer({ min: 0, max: 30 }),
    session: fc.integer({ min: 0, max: 4 }),
    lifeMs: fc.integer({ min: 1, max: 50 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 1, max: 12 }), (steps, capacity) => {
      const memo = createTokenMemo({ capacity, perSession: 3 });
      const model = new Map<string, MemoEntry>(); // everything inserted and not forgotten or expired
      let now = NOW;
      for (const { act, token: n, session, lifeMs } of steps) {
        const text = token(n);
        if (act === 'wait') now += lifeMs;
        else if (act === 'forget') {
          memo.forget(text);
          model.delete(text);
        } else if (act === 'insert') {
          const made = entry(n, { sessionId: `s${session}`, expiresAt: now + lifeMs });
          memo.insert(text, made, now);
          model.set(text, made);
          expect(memo.find(text, '', 'api', now)).toBe(made);
        } else {
          const kept = memo.find(text, '', 'api', now);
          if (kept) expect(kept).toBe(model.get(text));
          if (kept) expect(kept.expiresAt).toBeGreaterThan(now);
        }
        expect(memo.size()).toBeLessThanOrEqual(capacity);
      }
      const sessions = new Map<string, number>();
      let size = 0;
      const before = memo.size();
      for (const [text] of model) {
        const kept = memo.find(text, '', 'api', now);
        if (!kept) continue;
        size++;
        sessions.set(kept.sessionId, (sessions.get(kept.sessionId) ?? 0) + 1);
      }
      expect(size).toBeLessThanOrEqual(before);
      expect(memo.size()).toBe(size);
      for (const count of sessions.values()) expect(count).toBeLessThanOrEqual(3);
    }),
    { numRuns: 300 },
  );
});

it.each([0, -1, 1.5, Number.NaN])('a capacity of %d is refused at declaration', (capacity) => {
  expect(() => createTokenMemo({ capacity })).toThrow(/^tokenMemo\.capacity must be/);
  expect(() => createTokenMemo({ perSession: capacity })).toThrow(/^tokenMemo\.perSession must be/);
});
