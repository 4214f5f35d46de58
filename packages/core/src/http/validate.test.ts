import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Problem } from './problem.ts';
import { doubled } from './standard-schema.cases.ts';
import { validateBody, validateQuery } from './validate.ts';

function faults(act: () => unknown): readonly { pointer: string; code: string; detail: string }[] {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem && error.code === 'validation_failed') return error.fields ?? [];
    throw error;
  }
  throw new Error('nothing was refused');
}

const Login = z.strictObject({ email: z.string().max(254), password: z.string().min(12).max(128) });

describe('validateBody', () => {
  it('gives back what the schema makes of it, of a RequestBody and of a parsed value', () => {
    const value = { email: 'a@example.com', password: 'correct horse' };
    expect(validateBody(Login, { value, raw: undefined })).toEqual(value);
    expect(validateBody(Login, { value, raw: Buffer.from('x') })).toEqual(value);
    expect(validateBody(Login, value)).toEqual(value);
  });

  it('JSON that looks like a RequestBody is not taken for one', () => {
    const value = { email: 'a@example.com', password: 'correct horse' };
    const pointers = faults(() => validateBody(Login, { value, raw: null })).map(({ pointer }) => pointer);
    expect(pointers).toEqual(['/email', '/password', '/value', '/raw']);
  });

  it('no body is an empty object: what is missing is named field by field', () => {
    const missing = [
      { pointer: '/email', code: 'required', detail: 'is required' },
      { pointer: '/password', code: 'required', detail: 'is required' },
    ];
    expect(faults(() => validateBody(Login, undefined))).toEqual(missing);
    expect(faults(() => validateBody(Login, { value: undefined, raw: undefined }))).toEqual(missing);
  });

  it.each([[[]], [[{}]], ['x'], [1], [null], [true]])('%j is no object: the pointer is the whole body', (value) => {
    expect(faults(() => validateBody(Login, { value, raw: undefined }))).toEqual([
      { pointer: '', code: 'invalid_type', detail: 'must be an object' },
    ]);
  });

  it('what is at fault deep inside is told once, not over and over: the answer is no longer than the body', () => {
    const depth = 30_000;
    const body: unknown = JSON.parse(`${'['.repeat(depth)}${Array(40).fill('"\\u0000"').join()}${']'.repeat(depth)}`);
    const [deep, ...others] = faults(() => validateBody(z.unknown(), body));
    expect([deep?.code, deep?.pointer.length, others]).toEqual(['invalid_character', 2 * depth, []]);
    const flat = Array<string>(40).fill('\0');
    expect(faults(() => validateBody(z.unknown(), flat))).toHaveLength(32);
  });

  it('each unknown member has its own pointer, escaped, names of Object too', () => {
    const body = JSON.parse(
      '{"email":"a","password":"correct horse","a/b":1,"m~n":2,"__proto__":3,"toString":4}',
    ) as object;
    expect(faults(() => validateBody(Login, body)).map(({ pointer, code }) => `${pointer} ${code}`)).toEqual([
      '/a~1b unknown_member',
      '/m~0n unknown_member',
      '/__proto__ unknown_member',
      '/toString unknown_member',
    ]);
  });

  it('says in its own words what is wrong, and never repeats a value', () => {
    const Schema = z.strictObject({
      short: z.string().min(12),
      long: z.string().max(3),
      format: z.email(),
      number: z.number().min(1),
      above: z.number().gt(1),
      many: z.array(z.string()).max(1),
      one: z.enum(['a', 'b']),
      none: z.enum(['a', 'b']),
      step: z.number().multipleOf(5),
      either: z.union([z.number(), z.boolean()]),
      own: z.string().refine(() => false, { message: 'is taken', params: { code: 'taken' } }),
      silent: z.string().refine(() => false),
      nested: z.strictObject({ list: z.array(z.strictObject({ id: z.int() })) }),
    });
    const secret = 'hunter2hunter2';
    const found = faults(() =>
      validateBody(Schema, {
        short: 'hunter2',
        long: secret,
        format: secret,
        number: 0,
        above: 1,
        many: [secret, secret],
        one: secret,
        step: 3,
        either: secret,
        own: secret,
        silent: secret,
        nested: { list: [{ id: 1 }, { id: secret }] },
      }),
    );
    expect(found.map(({ pointer, code, detail }) => `${pointer} ${code}: ${detail}`)).toEqual([
      '/short too_short: must have at least 12 characters',
      '/long too_long: must have at most 3 characters',
      '/format invalid_format: must be a valid e-mail address',
      '/number too_small: must be at least 1',
      '/above too_small: must be more than 1',
      '/many too_long: must have at most 1 items',
      '/one not_allowed: must be one of "a", "b"',
      '/none required: is required',
      '/step not_multiple_of: must be a multiple of 5',
      '/either invalid: is not valid',
      '/own taken: is taken',
      '/silent invalid: is not valid',
      '/nested/list/1/id invalid_type: must be a number',
    ]);
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  it('NUL and unpaired surrogates are refused wherever they are, in names too, before the schema looks', () => {
    const body = JSON.parse(
      String.raw`{"email":"a\u0000b","password":"\ud800","list":[["x",{"y":"\u0000"}]],"n\u0000":1}`,
    ) as object;
    const found = faults(() => validateBody(z.looseObject({}), body));
    expect(found.map(({ pointer, code }) => [pointer, code])).toEqual([
      ['/n\0', 'invalid_character'],
      ['/email', 'invalid_character'],
      ['/password', 'invalid_character'],
      ['/list/0/1/y', 'invalid_character'],
    ]);
  });

  it('finds NUL in any value, and nothing where there is none', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const hasUnsafe = JSON.stringify(value).includes(String.raw`\u0000`);
        const found = hasUnsafe ? faults(() => validateBody(z.any(), { value, raw: undefined })) : [];
        if (hasUnsafe) expect(found.length).toBeGreaterThan(0);
        else expect(() => validateBody(z.any(), { value, raw: undefined })).not.toThrow();
      }),
    );
  });

  it('takes schemas of other libraries, in whose words it says what is wrong', () => {
    expect(validateBody(doubled(), { total: 2 })).toEqual({ twice: 4 });
    expect(faults(() => validateBody(doubled(), {}))).toEqual([
      { pointer: '/total', code: 'invalid', detail: 'Expected a number' },
    ]);
  });

  it('an asynchronous schema is a TypeError that says where it may stand', () => {
    for (const body of [{ total: 2 }, {}])
      expect(() => validateBody(doubled({ late: true }), body)).toThrow(/^this schema is asynchronous: .*guard\(/);
    expect(() => validateQuery(doubled({ late: true }), new URLSearchParams())).toThrow(TypeError);
    expect(() =>
      validateBody(
        z.string().refine(async () => true),
        'x',
      ),
    ).toThrow(/sync/);
  });

  it('a rule of zod that throws is told as it is', () => {
    const broken = z.string().refine(() => {
      throw new RangeError('the list of words is not there');
    });
    expect(() => validateBody(broken, 'x')).toThrow(RangeError);
  });

  it('a body of 30,000 levels and one of 10,000 unknown members are refused like any other', () => {
    const deep = JSON.parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`) as unknown;
    expect(faults(() => validateBody(Login, { value: deep, raw: undefined }))[0]?.pointer).toBe('');
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`m${at}`, 1]));
    expect(faults(() => validateBody(Login, wide))).toHaveLength(32);
  });
});

describe('validateQuery', () => {
  const Page = z.strictObject({
    page: z.coerce.number().int().min(1).default(1),
    page_size: z.coerce.number().int().min(1).max(100).default(20),
  });
  const query = (text: string): unknown => validateQuery(Page, new URLSearchParams(text));

  it('reads numbers and defaults', () => {
    expect(query('page=3')).toEqual({ page: 3, page_size: 20 });
  });

  it.each([
    ['page=0', 'page', 'too_small'],
    ['page=x', 'page', 'invalid_type'],
    ['page=1.5', 'page', 'invalid_type'],
    ['page_size=101', 'page_size', 'too_big'],
    ['page=1&page=2', 'page', 'repeated'],
    ['page=%00', 'page', 'invalid_character'],
    ['a/b~c=1', 'a/b~c', 'unknown_member'],
    ['__proto__=1', '__proto__', 'unknown_member'],
  ])('%s is refused with the name of the parameter', (text, pointer, code) => {
    expect(faults(() => query(text))).toMatchObject([{ pointer, code }]);
  });
});
