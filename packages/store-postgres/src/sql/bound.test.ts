import { noOrigin } from '@castellan/core/kernel';
import { expect, test } from 'vitest';
import { boundId, boundNow, boundTexts } from './bound.ts';
import { originValues } from './origin-values.ts';
import { readCursor } from './revocation-poll.ts';

test('an id that is no UUID is asked for as one that nothing has', () => {
  expect(boundId('01890a5d-ac96-774b-bcce-b302099a8057')).toBe('01890a5d-ac96-774b-bcce-b302099a8057');
  for (const id of ['', '42', 'x', '01890A5D-AC96-774B-BCCE-B302099A8057', "' or true --"])
    expect(boundId(id)).toBeNull();
});

test('a fixed time is bound as text, none as null', () => {
  expect(boundNow(undefined)).toBeNull();
  expect(boundNow(0)).toBe('1970-01-01T00:00:00.000Z');
});

test('texts with quotes, backslashes, commas and braces come through an array literal', () => {
  expect(boundTexts([])).toBe('{}');
  expect(boundTexts(['pwd', 'a"b', 'c\\d', 'e,f', '{g}', 'null'])).toBe('{"pwd","a\\"b","c\\\\d","e,f","{g}","null"}');
});

test('an address is bound without its zone, and what is none as null', () => {
  const bound = (ip: string | null) => originValues({ ...noOrigin, ip })[0];
  expect(bound('192.0.2.1')).toBe('192.0.2.1');
  expect(bound('fe80::1%eth0')).toBe('fe80::1');
  for (const ip of [null, '', '/tmp/socket', '192.0.2.1:80', 'unknown']) expect(bound(ip)).toBeNull();
});

test('a cursor that no poll gave is none', () => {
  expect(readCursor('756@1795278735.551000')).toEqual(['756', '1795278735.551000']);
  for (const cursor of ['', '756', '756@', '@1', '-1@1', "1' or 1@1", '1@1@1'])
    expect(readCursor(cursor)).toBeUndefined();
});
