import { describe, expect, it } from 'vitest';
import { mediaType } from './media-type.ts';
import { bodyKind, parseBody } from './parse-body.ts';
import { Problem } from './problem.ts';

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
  return 'passed';
}

describe('bodyKind', () => {
  it.each([
    ['application/json', 'json'],
    ['Application/JSON; charset=UTF-8', 'json'],
    ['application/json;charset="utf-8"', 'json'],
    ['application/x-www-form-urlencoded', 'form'],
  ])('%s is %s', (type, kind) => {
    expect(bodyKind({ 'content-type': type }, ['json', 'form'])).toBe(kind);
  });

  it.each([
    undefined,
    '',
    'json',
    'text/plain',
    'text/json',
    'application/vnd.api+json',
    'application/jsonp',
    'application/json, text/plain',
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    'application/json; charset=utf-8; charset=latin1',
    'multipart/form-data; boundary=x',
  ])('%j is not read', (type) => {
    const headers = type === undefined ? {} : { 'content-type': type };
    expect(codeOf(() => bodyKind(headers, ['json', 'form']))).toBe('unsupported_media_type');
  });

  it('a form is refused where only JSON is read', () => {
    expect(codeOf(() => bodyKind({ 'content-type': 'application/x-www-form-urlencoded' }, ['json']))).toBe(
      'unsupported_media_type',
    );
  });

  it('a content coding is refused and says what would do', () => {
    const headers = { 'content-type': 'application/json' };
    expect(() => bodyKind({ ...headers, 'content-encoding': 'gzip' }, ['json'])).toThrow(
      expect.objectContaining({ code: 'unsupported_media_type', headers: { 'accept-encoding': 'identity' } }),
    );
    expect(bodyKind({ ...headers, 'content-encoding': 'Identity' }, ['json'])).toBe('json');
  });
});

describe('mediaType', () => {
  it('reads quoted and escaped parameters without taking their contents for others', () => {
    expect(mediaType('text/plain; title="; charset=x"; charset=utf-8')).toEqual({
      type: 'text/plain',
      charset: 'utf-8',
    });
  });

  it('takes no time over a long header', () => {
    const started = performance.now();
    mediaType(`application/json${'; a="'.repeat(10_000)}`);
    mediaType(`application/json${';'.repeat(50_000)}`);
    mediaType(`application/json; a="${'\\'.repeat(50_000)}`);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('parseBody', () => {
  const bytes = (text: string): Uint8Array => Buffer.from(text);

  it('no bytes are no body', () => {
    expect(parseBody(bytes(''), 'json')).toMatchObject({ value: undefined });
    expect(parseBody(bytes(''), 'form')).toMatchObject({ value: undefined });
  });

  it('keeps the bytes beside the value', () => {
    expect(parseBody(bytes('{"a":[1,null]}'), 'json')).toEqual({
      value: { a: [1, null] },
      raw: bytes('{"a":[1,null]}'),
    });
  });

  it.each([
    ['{"a":', 'json'],
    ['{a:1}', 'json'],
    ["{'a':1}", 'json'],
    ['{"a":1}}', 'json'],
    ['{"a":1,}', 'json'],
    ['NaN', 'json'],
    ['\uFEFF{"a":1}', 'json'],
    ['{"a":1,"a":2}', 'json'],
    ['{"a":1,"\\u0061":2}', 'json'],
    ['{"x":{"a":1,"a":1}}', 'json'],
    ['   ', 'json'],
    ['a=%', 'form'],
    ['a=%zz', 'form'],
    ['a=%ff', 'form'],
    ['a=1&a=2', 'form'],
    ['a=1&%61=2', 'form'],
  ] as const)('%j as %s is malformed', (text, kind) => {
    expect(codeOf(() => parseBody(bytes(text), kind))).toBe('malformed_body');
  });

  it.each([
    ['a lone byte', [0xff]],
    ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['half a character', [0x22, 0xe2, 0x82, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['UTF-16', [0xff, 0xfe, 0x7b, 0x00]],
  ])('%s is not UTF-8', (_, raw) => {
    expect(codeOf(() => parseBody(Uint8Array.from(raw), 'json'))).toBe('malformed_body');
  });

  it('a form is an object of texts, whatever its fields are called', () => {
    const { value } = parseBody(bytes('email=a%2Bb%40example.com&p=x+y&empty=&bare&__proto__=1&&a=b=c'), 'form');
    expect(Object.entries(value as object)).toEqual([
      ['email', 'a+b@example.com'],
      ['p', 'x y'],
      ['empty', ''],
      ['bare', ''],
      ['__proto__', '1'],
      ['a', 'b=c'],
    ]);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });
});
