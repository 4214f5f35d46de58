import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { BindValue } from './driver.ts';
import { sentValue } from './sent-value.ts';

it('what is no list goes as it is, and so does a list of lists', () => {
  const values: BindValue[] = ['a', 1, true, null, new Uint8Array(2), [['a'], ['b']]];
  for (const value of values) expect(sentValue(value)).toBe(value);
});

it.each<[readonly BindValue[], string]>([
  [[], '{}'],
  [[null, null], '{NULL,NULL}'],
  [[1, -2, 0.5, 1e21], '{1,-2,0.5,1e+21}'],
  [[true, false, null], '{true,false,NULL}'],
  [['a', '', 'NULL', null, 'b c', '{}', ','], '{"a","","NULL",NULL,"b c","{}",","}'],
  [['"', '\\', '\\"'], String.raw`{"\"","\\","\\\""}`],
])('a list is written as PostgreSQL reads it: %j', (list, text) => {
  expect(sentValue(list)).toBe(text);
});

it('bytes go in binary, and every byte of every element arrives', () => {
  const item = fc.option(fc.uint8Array({ maxLength: 40 }));
  fc.assert(
    fc.property(fc.array(item, { minLength: 1 }), (list) => {
      fc.pre(list.some((one) => one !== null));
      const sent = sentValue(list);
      if (!Buffer.isBuffer(sent)) throw new Error('not binary');
      expect(sent.subarray(0, 20).toString('hex')).toBe(
        ['00000001', list.includes(null) ? '00000001' : '00000000', '00000011', hex(list.length), '00000001'].join(''),
      );
      let at = 20;
      for (const one of list) {
        const length = sent.readInt32BE(at);
        at += 4;
        expect(length).toBe(one?.length ?? -1);
        if (one) expect(sent.subarray(at, at + length).equals(one)).toBe(true);
        at += one?.length ?? 0;
      }
      expect(at).toBe(sent.length);
    }),
  );
});

const hex = (value: number): string => value.toString(16).padStart(8, '0');
