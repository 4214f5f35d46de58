import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emailKey, parseEmail } from './email.ts';

describe('an e-mail address', () => {
  it('is kept as typed for display, and compared normalised and lower-cased', () => {
    expect(parseEmail('  Ada.Lovelace@Example.COM ')).toEqual({
      display: 'Ada.Lovelace@Example.COM',
      key: 'ada.lovelace@example.com',
    });
  });

  it.each([
    ['full-width letters', 'ａｄａ@example.com'],
    ['a full-width dot', 'ada@example．com'],
    ['mathematical letters', '𝒶𝒹𝒶@example.com'],
    ['capitals', 'ADA@EXAMPLE.COM'],
  ])('is the same address in another spelling: %s', (_, typed) => {
    expect(parseEmail(typed)?.key).toBe('ada@example.com');
  });

  it('is another address when it only looks the same: Cyrillic а is not a', () => {
    expect(parseEmail('аda@example.com')?.key).not.toBe(parseEmail('ada@example.com')?.key);
  });

  it.each(['é', 'é'])('composed and decomposed letters are one: %j', (letter) => {
    expect(parseEmail(`${letter}@example.com`)?.key).toBe('é@example.com');
  });

  it.each([
    '',
    'ada',
    '@example.com',
    'ada@',
    'ada@@example.com',
    'ada＠example.com', // no mail server would find its way
    'a@b@example.com',
    'ada@example..com',
    'ada@.example.com',
    'ada@example.com.',
    'ada love@example.com',
    'ada\u00a0love@example.com',
    'ada\u200b@example.com',
    'ada\u202e@example.com',
    'ada\n@example.com',
    'ada@example.com\r\nbcc: eve@example.com',
    'ada\0@example.com',
    'ada\ud800@example.com',
    '"ada"@example.com',
    'ada,eve@example.com',
    'Ada <ada@example.com>',
    'ada@[127.0.0.1]',
  ])('is refused: %j', (typed) => {
    expect(parseEmail(typed)).toBeUndefined();
  });

  it.each([
    'a@b',
    'ada+tag@example.co.uk',
    "o'hara@example.com",
    'δοκιμή@παράδειγμα.ελ',
    `${'a'.repeat(64)}@b.example`,
  ])('is taken: %s', (typed) => {
    expect(parseEmail(typed)?.display).toBe(typed);
  });

  it('is normalised after lower-casing too: only the small j has a form with caron', () => {
    expect(parseEmail('J\u030c@example.com')?.key).toBe(parseEmail('\u01f0@example.com')?.key);
  });

  it('has a key that is its own key, whatever was typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (typed) => {
        expect(emailKey(emailKey(typed))).toBe(emailKey(typed));
      }),
    );
    for (let point = 0; point < 0x11_0000; point++) {
      const key = emailKey(`a${String.fromCodePoint(point)}b`);
      if (emailKey(key) !== key) throw new Error(`U+${point.toString(16)} has an unstable key`);
    }
  });

  it('that is taken has a key that is taken too, and means the same', () => {
    const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(word, word, (local, domain) => {
        const email = parseEmail(`${local}@${domain}`);
        if (email) expect(parseEmail(email.key)?.key).toBe(email.key);
      }),
    );
  });
});
