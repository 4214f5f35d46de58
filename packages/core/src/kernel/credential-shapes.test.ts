import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holdsCredential, maskCredentials } from './credential-shapes.ts';

/** Tokens of three parts in one expression: right, and slow on long texts. */
const plainly = (text: string): string => text.replace(/e[wy][\w-]{6,}\.[\w-]{2,}\.[\w-]*/g, '[redacted]');

describe('what looks like a credential', () => {
  test.each([
    ['token cst_rt_AbC-9_x here', 'token [redacted] here'],
    ['CST_RT_AbC', '[redacted]'],
    ['Bearer eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln', 'Bearer [redacted]'],
    ['xeyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.', 'x[redacted]'],
    ['a.b.eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln.more', 'a.b.[redacted].more'],
    ['$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA end', '[redacted] end'],
    ['$2b$12$abcdefghijklmnopqrstuv', '[redacted]'],
  ])('%s becomes %s', (text, masked) => {
    expect(maskCredentials(text)).toBe(masked);
    expect(holdsCredential(text)).toBe(true);
  });
  test.each([
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    'eyebrow.example.com',
    'eye-catcher.v2',
    'they.said.so',
    '',
  ])('%s is none', (text) => {
    expect(maskCredentials(text)).toBe(text);
    expect(holdsCredential(text)).toBe(false);
  });
  test('signed tokens are found as one expression would find them', () => {
    const text = fc
      .array(fc.constantFrom('e', 'y', 'w', 'a', '-', '_', '.', '.', ' ', 'eyJhbGci', 'xx', '/'), { maxLength: 40 })
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (dotted) => {
        expect(maskCredentials(dotted)).toBe(plainly(dotted));
      }),
      { numRuns: 3000 },
    );
  });
  test.each(['ey', 'eyaaaaaa.', 'eyJhbGci.x.', 'cst_rt_', '$2$', '$pbkdf2', '.', 'ey.'])(
    'half a million characters of %j take no longer than they are',
    (unit) => {
      const text = unit.repeat(500_000 / unit.length);
      const begun = performance.now();
      maskCredentials(text);
      expect(performance.now() - begun).toBeLessThan(1_000);
    },
  );
});
