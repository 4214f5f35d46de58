import type { IncomingHttpHeaders } from 'node:http';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { bodyGuard } from './body-guard.ts';
import { bodyOf } from './body-of.ts';
import type { BodyExchange, RequestBody } from './exchange.ts';
import { Problem } from './problem.ts';
import { doubled, schemaOf } from './standard-schema.cases.ts';

const Order = z.strictObject({ total: z.int().min(1), note: z.string().default('') });
const json = { 'content-type': 'application/json', 'content-length': '10' };

function exchange(body: Partial<RequestBody>, headers: IncomingHttpHeaders = json): BodyExchange {
  return {
    request: {
      method: 'POST',
      target: '/orders?token=secret',
      route: '/orders',
      headers,
      ip: '203.0.113.7',
      arrivedAt: 0,
      gone: false,
    },
    context: { requestId: 'request-1', tenant: '' },
    headers: {},
    body: { value: undefined, raw: undefined, ...body },
  };
}

/** What the guard of a schema throws, at once or later. */
async function thrown(schema: Parameters<typeof bodyGuard>[0], x: BodyExchange): Promise<unknown> {
  try {
    await bodyGuard(schema)(x);
  } catch (error) {
    return error;
  }
  throw new Error('nothing was refused');
}

describe('the guard of a body schema', () => {
  test('keeps what the schema made of the body, synchronously when the schema is', () => {
    const x = exchange({ value: { total: 3 } });
    expect(bodyGuard(Order)(x)).toBeUndefined();
    expect(bodyOf(x, Order)).toEqual({ total: 3, note: '' });
  });
  test('takes schemas of any library, asynchronous ones too', async () => {
    for (const schema of [doubled(), doubled({ late: true })]) {
      const x = exchange({ value: { total: 3 } });
      await bodyGuard(schema)(x);
      expect(bodyOf(x, schema)).toEqual({ twice: 6 });
    }
  });
  test('takes a schema of zod with asynchronous rules', async () => {
    const Free = z.strictObject({ name: z.string().refine(async (name) => name !== 'taken', 'is taken') });
    const x = exchange({ value: { name: 'free' } });
    await bodyGuard(Free)(x);
    expect(bodyOf(x, Free)).toEqual({ name: 'free' });
    expect(await thrown(Free, exchange({ value: { name: 'taken' } }))).toMatchObject({
      code: 'validation_failed',
      fields: [{ pointer: '/name', code: 'invalid', detail: 'is taken' }],
    });
  });
  test("zod's findings have our own codes, another library's its own words", async () => {
    expect(await thrown(Order, exchange({ value: { total: 0, more: 1 } }))).toMatchObject({
      fields: [
        { pointer: '/total', code: 'too_small', detail: 'must be at least 1' },
        { pointer: '/more', code: 'unknown_member', detail: 'is not known' },
      ],
    });
    for (const schema of [doubled(), doubled({ late: true })])
      expect(await thrown(schema, exchange({ value: { total: 'x' } }))).toMatchObject({
        code: 'validation_failed',
        fields: [{ pointer: '/total', code: 'invalid', detail: 'Expected a number' }],
      });
  });
  test('paths of both forms become pointers, long messages are cut, and no more than 32 leave', async () => {
    const path = [{ key: 'lines' }, 0, { key: 'a/b' }];
    const noisy = schemaOf(() => ({
      issues: Array.from({ length: 100 }, () => ({ message: `${'x'.repeat(199)}😀${'y'.repeat(10_000)}`, path })),
    }));
    const { fields = [] } = (await thrown(noisy, exchange({ value: {} }))) as Problem;
    expect(fields).toHaveLength(32);
    expect(fields[0]).toEqual({ pointer: '/lines/0/a~1b', code: 'invalid', detail: `${'x'.repeat(199)}\ufffd` });
    const whole = schemaOf(() => ({ issues: [{ message: 'No' }] }));
    expect(await thrown(whole, exchange({ value: {} }))).toMatchObject({ fields: [{ pointer: '' }] });
  });
  test('NUL and unpaired surrogates never reach a schema', async () => {
    let asked = false;
    const curious = schemaOf(() => {
      asked = true;
      return { value: 1 };
    });
    expect(await thrown(curious, exchange({ value: { a: ['\0'] } }))).toMatchObject({
      fields: [{ pointer: '/a/0', code: 'invalid_character' }],
    });
    expect(asked).toBe(false);
  });
  test('no body is an empty object: what is missing is named', async () => {
    expect(await thrown(Order, exchange({}, {}))).toMatchObject({
      code: 'validation_failed',
      fields: [{ pointer: '/total', code: 'required' }],
    });
  });
  test.each([
    ['another type', { ...json, 'content-type': 'text/plain' }],
    ['a form', { ...json, 'content-type': 'application/x-www-form-urlencoded' }],
    ['no type', { 'content-length': '10' }],
    ['a type twice', { ...json, 'content-type': 'application/json, text/plain' }],
    ['another charset', { ...json, 'content-type': 'application/json; charset=latin1' }],
    ['a coding', { ...json, 'content-encoding': 'gzip' }],
    ['a chunked body of another type', { 'transfer-encoding': 'chunked', 'content-type': 'text/plain' }],
  ])('%s is 415, also where a parser has made a value of it', async (_, headers) => {
    for (const value of [undefined, { total: 3 }])
      expect(await thrown(Order, exchange({ value }, headers))).toMatchObject({ code: 'unsupported_media_type' });
  });
  test.each([
    ['bytes', (text: string) => Buffer.from(text)],
    ['text', (text: string) => text],
  ])('%s that a parser left as they are get parsed by our own rules', async (_, left) => {
    const x = exchange({ value: left('{"total":3}') });
    await bodyGuard(Order)(x);
    expect(bodyOf(x, Order)).toEqual({ total: 3, note: '' });
    for (const text of ['{"total":3,"total":4}', '{"total":3', '\ufeff{"total":3}'])
      expect(await thrown(Order, exchange({ value: left(text) }))).toMatchObject({ code: 'malformed_body' });
  });
  test('JSON that is a text is one: it is not parsed a second time', async () => {
    const Text = z.string();
    const x = exchange({ value: '{"total":3}', raw: Buffer.from('"{\\"total\\":3}"') });
    await bodyGuard(Text)(x);
    expect(bodyOf(x, Text)).toBe('{"total":3}');
  });
  test('a body that was read and kept by nobody is a mistake of the app, not of the caller', async () => {
    const error = await thrown(Order, exchange({}));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain('POST /orders:');
    expect(error).not.toBeInstanceOf(Problem);
  });
  test('a schema that throws is not taken for one that refuses', async () => {
    const broken = schemaOf(() => {
      throw new RangeError('the list of words is not there');
    });
    expect(await thrown(broken, exchange({ value: {} }))).toBeInstanceOf(RangeError);
    const brokenZod = z.string().refine(() => {
      throw new RangeError('the list of words is not there');
    });
    expect(await thrown(brokenZod, exchange({ value: 'x', raw: Buffer.from('"x"') }))).toBeInstanceOf(RangeError);
  });
});
