import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorFields } from './error-fields.ts';
import { secretsOf } from './mask.ts';

const said = (error: unknown, secrets?: readonly string[]): string => JSON.stringify(errorFields(error, secrets));

describe('an error in a line', () => {
  test('has name, message, stack, code and causes, and nothing else that hangs on it', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const error = Object.assign(new TypeError('no answer', { cause }), {
      config: { headers: { authorization: 'canary' } },
      detail: 'Key (email)=(canary) already exists.',
      parameters: ['canary'],
    });
    expect(errorFields(error)).toEqual({
      name: 'TypeError',
      message: 'no answer',
      stack: expect.stringContaining('error-fields.test.ts'),
      cause: { name: 'Error', message: 'connect ECONNREFUSED', stack: expect.any(String), code: 'ECONNREFUSED' },
    });
    expect(said(error)).not.toContain('canary');
  });
  test('causes that go round and masses of siblings end', () => {
    const round: Error & { cause?: unknown } = new Error('round');
    round.cause = round;
    expect(said(round).match(/"name"/g)).toHaveLength(6);
    const many = new AggregateError(Array.from({ length: 100 }, () => new Error('one')));
    expect(errorFields(many).errors).toHaveLength(5);
    expect(said(new Error('x'.repeat(100_000))).length).toBeLessThan(12_000);
  });
  test.each([
    ['a text', 'a text'],
    [{ password: 'canary' }, 'a thrown object'],
    [null, 'a thrown null'],
    [undefined, 'a thrown undefined'],
    [42, 'a thrown number'],
  ])('%j, which is none, is named for what it is', (thrown, message) => {
    expect(errorFields(thrown)).toEqual({ name: 'NoError', message });
  });
  test.each([
    'Invalid header: Authorization: Bearer canary.canary',
    'proxy said 407 to Basic Y2FuYXJ5OmNhbmFyeQ==',
    'connect postgres://app:canary@db.internal:5432/app',
    'connect redis://:canary@cache:6379',
    'GET https://api.example.com/x?code=canary&state=canary failed',
    'GET /x?canary=1 failed',
    'unknown token cst_rt_AbCdEf-canary_0',
    'jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.canary is not valid',
    'hash $argon2id$v=19$m=19456,t=2,p=1$canary$canary is malformed',
  ])('%j loses its secret and stays readable', (message) => {
    const text = said(new Error(message, { cause: message }));
    expect(text).not.toMatch(/canary|Y2FuYXJ5/);
    expect(text).toContain('[redacted]');
  });
  test('what the request has sent as a secret is masked wherever an error repeats it, decoded or not', () => {
    const secrets = secretsOf({
      target: '/orders?invite=one%20canary&x=second-canary',
      headers: {
        authorization: 'Custom third-canary',
        cookie: 'a=fourth-canary; __Host-b=fifth%2Fcanary',
        'x-csrf-token': 'sixth-canary',
        'x-api-key': 'seventh-canary',
        accept: 'text/plain',
      },
    });
    const words = ['one canary', 'one%20canary', 'second-canary', 'third-canary', 'fourth-canary', 'fifth/canary'];
    const text = said(new Error(`${words.join(' | ')} sixth-canary seventh-canary text/plain`), secrets);
    expect(text).not.toContain('canary');
    expect(text).toContain('text/plain');
  });
  test('a secret of the request is found in any text, also beside parts of itself', () => {
    const secret = fc.stringMatching(/^[\w-]{6,40}$/);
    fc.assert(
      fc.property(secret, secret, fc.string(), fc.string(), (one, other, before, after) => {
        const secrets = secretsOf({ target: `/x?a=${one}`, headers: { cookie: `s=${one}${other}` } });
        const { message } = errorFields(new Error(before + one + other + after), secrets);
        fc.pre(!before.includes(one) && !after.includes(one));
        expect(message).not.toContain(one + other);
      }),
    );
  });
  test('hostile errors do not break a line', () => {
    const hostile = Object.assign(new Error('x'), { code: { toString: () => 'x' } });
    Object.defineProperty(hostile, 'stack', { value: 42 });
    Object.defineProperty(hostile, 'message', { value: Symbol('m') });
    expect(errorFields(hostile)).toMatchObject({ name: 'Error' });
    const throwing = new Error('x');
    Object.defineProperty(throwing, 'message', {
      get() {
        throw new Error('no');
      },
    });
    expect(errorFields(throwing)).toMatchObject({ name: 'NoError' });
  });
});
