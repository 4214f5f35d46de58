import fc from 'fast-check';
import { expect, test } from 'vitest';
import { msgpackNumbers } from './msgpack-numbers.ts';
import { numberText } from './number-text.ts';

/** As the scripts read them. */
function readText(text: string): number[] {
  const numbers: number[] = [];
  let value = 0;
  let unit = 1;
  for (const byte of Buffer.from(text)) {
    value += (byte % 64) * unit;
    unit *= 64;
    if (byte >= 64) continue;
    numbers.push(value);
    value = 0;
    unit = 1;
  }
  return numbers;
}

test('whole numbers of any size are told one after the other, in letters of one byte each', () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeNat()), (numbers) => {
      const text = numbers.map(numberText).join('');
      expect(readText(text)).toEqual(numbers);
      expect(Buffer.byteLength(text)).toBe(text.length);
    }),
  );
  expect(numberText(0)).toHaveLength(1);
  expect(numberText(63)).toHaveLength(1);
  expect(numberText(64)).toHaveLength(2);
});

test('an answer is read in every size of number that msgpack has', () => {
  const bytes = Buffer.from(
    [
      'dc000e', // a list of 14
      '00',
      '7f',
      'ff', // -1
      'e0', // -32
      'cc80',
      'cd0100',
      'ce3b9aca00',
      'cf000643d7aa3a4001',
      'd0df', // -33
      'd1ff00',
      'd2c4653600',
      'd3fff9bc2855c5bfff',
      'cb3ff8000000000000', // 1.5
      'ca3fc00000',
    ].join(''),
    'hex',
  );
  expect(msgpackNumbers(bytes)).toEqual([
    0, 127, -1, -32, 128, 256, 1_000_000_000, 0x643d7aa3a4001, -33, -256, -1_000_000_000, -0x643d7aa3a4001, 1.5, 1.5,
  ]);
  expect(msgpackNumbers(Buffer.from('920163', 'hex'))).toEqual([1, 99]);
  expect(msgpackNumbers(Buffer.from('dd000000020163', 'hex'))).toEqual([1, 99]);
});

test('what is no list of numbers is refused', () => {
  for (const hex of ['01', 'a161', '91a161', '92', '91cd01', ''])
    expect(() => msgpackNumbers(Buffer.from(hex, 'hex')), hex).toThrow();
});
