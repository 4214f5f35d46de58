import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTimestamp, readBytes, readInt, readMs, readTextArray, timestampValue } from './columns.ts';

describe('columns', () => {
  it.each<[string, string]>([
    ['2026-11-21 15:30:00+00', '2026-11-21T15:30:00.000Z'],
    ['2026-11-21 15:30:00.5+00', '2026-11-21T15:30:00.500Z'],
    ['2026-11-21 15:30:00.123456+00', '2026-11-21T15:30:00.123Z'],
    ['2026-11-21 17:30:00.123+02', '2026-11-21T15:30:00.123Z'],
    ['2026-11-21 10:00:00-05:30', '2026-11-21T15:30:00.000Z'],
    ['2026-11-21T15:30:00.123Z', '2026-11-21T15:30:00.123Z'],
  ])('the timestamptz %s is %s in whatever zone the connection speaks', (text, iso) => {
    expect(new Date(parseTimestamp(text)).toISOString()).toBe(iso);
  });

  it('a time to the millisecond, as PostgreSQL writes it, is read the same as with digits below it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (ms) => {
        const text = new Date(ms).toISOString().replace('T', ' ').replace('Z', '+00');
        expect(parseTimestamp(text)).toBe(ms);
        expect(parseTimestamp(text.replace('+00', '999+00'))).toBe(ms);
      }),
    );
    expect(() => parseTimestamp('2026-11-2x 15:30:00.123+00')).toThrow(TypeError);
    expect(() => parseTimestamp('2026-11-21 15:30:00.1/3+00')).toThrow(TypeError);
  });

  it('a time survives binding and reading to the millisecond, from a number, a Date or text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (ms) => {
        expect(readMs(timestampValue(ms))).toBe(ms);
        expect(readMs(new Date(ms))).toBe(ms);
        expect(readMs(ms)).toBe(ms);
      }),
    );
    expect(readMs('infinity')).toBe(Number.POSITIVE_INFINITY);
  });

  it('a time after the year 9999, which a cursor may name, is bound without the sign that PostgreSQL takes for a zone', () => {
    expect(timestampValue(253_402_300_800_000)).toBe('10000-01-01T00:00:00.000Z');
    expect(timestampValue(8_640_000_000_000_000)).toBe('275760-09-13T00:00:00.000Z');
  });

  it('what is no value of the column is a TypeError, not a wrong value', () => {
    expect(() => readMs('yesterday')).toThrow(TypeError);
    expect(() => readMs(null)).toThrow(TypeError);
    expect(() => readInt('9007199254740993')).toThrow(TypeError);
    expect(() => readInt('1.5')).toThrow(TypeError);
    expect(() => readBytes('6162')).toThrow(TypeError);
  });

  it('bytes come from a buffer or from hex text', () => {
    expect([...readBytes('\\x00ff')]).toEqual([0, 255]);
    expect([...readBytes(new Uint8Array([0, 255]))]).toEqual([0, 255]);
  });

  it('arrays come parsed or in the text form', () => {
    expect(readTextArray(['pwd', 'otp'])).toEqual(['pwd', 'otp']);
    expect(readTextArray('{}')).toEqual([]);
    expect(readTextArray('{pwd,otp}')).toEqual(['pwd', 'otp']);
    expect(readTextArray(String.raw`{"a \"b\"","","c,d","e\\f"}`)).toEqual(['a "b"', '', 'c,d', String.raw`e\f`]);
  });
});
