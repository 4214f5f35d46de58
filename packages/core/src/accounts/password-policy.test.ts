import { describe, expect, it } from 'vitest';
import { createPasswordPolicy, normalisePassword } from './password-policy.ts';

describe('a new password', () => {
  const policy = createPasswordPolicy();

  it.each([
    ['a'.repeat(11), 'too_short'],
    ['a'.repeat(12), undefined],
    ['a'.repeat(128), undefined],
    ['a'.repeat(129), 'too_long'],
    ['😀'.repeat(11), 'too_short'],
    ['😀'.repeat(12), undefined],
    ['😀'.repeat(128), undefined],
    ['           \t', undefined],
  ])('counts characters, not bytes and not kinds of characters: %j is %s', (password, fault) => {
    expect(policy.fault(password)).toBe(fault);
  });

  it('is measured after normalising: a ligature counts as the letters it stands for', () => {
    expect(policy.fault('ﬃ'.repeat(4))).toBeUndefined();
    expect(policy.fault('e\u0301'.repeat(6))).toBe('too_short');
  });

  it('is one password however its letters were composed', () => {
    expect(normalisePassword('e\u0301')).toBe(normalisePassword('é'));
    expect(normalisePassword('ｐａｓｓ')).toBe('pass');
  });

  it.each(['correct horse\0battery', 'correct horse \ud800'])('refuses NUL and half characters: %j', (password) => {
    expect(policy.fault(password)).toBe('forbidden_character');
  });

  it('has bounds that can be set, within reason', () => {
    expect(createPasswordPolicy({ minLength: 8 }).fault('12345678')).toBeUndefined();
    expect(() => createPasswordPolicy({ minLength: 0 })).toThrow('accounts.password.minLength');
    expect(() => createPasswordPolicy({ minLength: 1.5 })).toThrow('accounts.password.minLength');
    expect(() => createPasswordPolicy({ maxLength: 8 })).toThrow('accounts.password.maxLength');
    expect(() => createPasswordPolicy({ maxLength: 1e6 })).toThrow('accounts.password.maxLength');
  });
});
