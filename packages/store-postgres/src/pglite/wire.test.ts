import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boundParameter } from './bound-parameter.ts';
import { connection } from './connection.ts';
import { readWire } from './wire-reader.ts';
import { executeMessages, parseMessages, simpleQueryMessage } from './wire-writer.ts';

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const fields = (...names: string[]): Buffer =>
  message(
    'T',
    Buffer.concat([
      int16(names.length),
      ...names.flatMap((name) => [Buffer.from(`${name}\0`), Buffer.alloc(6), int32(25), Buffer.alloc(8)]),
    ]),
  );
const row = (...values: (string | null)[]): Buffer =>
  message(
    'D',
    Buffer.concat([
      int16(values.length),
      ...values.flatMap((value) =>
        value === null ? [int32(-1)] : [int32(Buffer.byteLength(value)), Buffer.from(value)],
      ),
    ]),
  );
const done = (tag: string): Buffer => message('C', Buffer.from(`${tag}\0`));
const ready = (status: string): Buffer => message('Z', Buffer.from(status));
const failed = (code: string, text: string): Buffer => message('E', Buffer.from(`SERROR\0C${code}\0M${text}\0\0`));
const parsed = message('1', Buffer.alloc(0));
const asText = () => (text: string) => text;

/** The types of the messages, in order. */
const typesOf = (bytes: Uint8Array): string => {
  const buffer = Buffer.from(bytes);
  let types = '';
  for (let at = 0; at < buffer.length; at += 1 + buffer.readInt32BE(at + 1))
    types += String.fromCharCode(buffer[at] ?? 0);
  return types;
};

test('rows come back by column, of any text, and null stays null', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.option(fc.string({ unit: 'binary' })), fc.option(fc.string())), { maxLength: 20 }),
      (rows) => {
        const wire = Buffer.concat([
          fields('a', 'ü b'),
          ...rows.map(([a, b]) => row(a, b)),
          done(`SELECT ${rows.length}`),
          ready('I'),
        ]);
        const answer = readWire(wire, [], asText);
        expect(answer.rows).toEqual(rows.map(([a, b]) => ({ a, 'ü b': b })));
        expect(answer.tag).toBe(`SELECT ${rows.length}`);
      },
    ),
  );
});

test('of several statements the last one’s answer is told, and an error beats all', () => {
  const two = Buffer.concat([fields('a'), row('1'), done('SELECT 1'), done('INSERT 0 3'), ready('T')]);
  expect(readWire(two, [], asText)).toMatchObject({ rows: [], tag: 'INSERT 0 3', status: 'T', error: undefined });
  const error = readWire(Buffer.concat([fields('a'), row('1'), failed('23505', 'no'), ready('E')]), [], asText).error;
  expect(error).toMatchObject({ code: '23505', message: 'no', severity: 'ERROR' });
});

test('a parameter goes as pg would send it', () => {
  const text = (value: unknown) => boundParameter(value).bytes?.toString();
  expect(boundParameter(null).bytes).toBeNull();
  expect(boundParameter(undefined).bytes).toBeNull();
  expect(boundParameter(new Uint8Array([1, 255]))).toEqual({ isBinary: true, bytes: Buffer.from([1, 255]) });
  expect(text(1.5)).toBe('1.5');
  expect(text(true)).toBe('true');
  expect(text(10n ** 20n)).toBe('100000000000000000000');
  expect(text(new Date(0))).toBe('1970-01-01T00:00:00.000Z');
  expect(text({ a: 1 })).toBe('{"a":1}');
  expect(text([1, null, 'a"\\', [true], new Uint8Array([10])])).toBe('{"1",NULL,"a\\"\\\\",{"true"},"\\\\x0a"}');
});

test('a statement is parsed once and then costs one crossing of three messages', () => {
  const crossings: string[] = [];
  const database = connection((messages) => {
    crossings.push(typesOf(messages));
    const isFirst = crossings.at(-1)?.startsWith('P');
    return Buffer.concat([...(isFirst ? [parsed, fields('a')] : []), row('1'), done('SELECT 1'), ready('I')]);
  }, asText);
  for (let i = 0; i < 3; i++) expect(database.query('select $1 as a', ['1']).rows).toEqual([{ a: '1' }]);
  expect(crossings).toEqual(['PDBES', 'BES', 'BES']);
});

test('a plan that the table has changed below is made anew, once, outside of a transaction', () => {
  const crossings: string[] = [];
  const answers = [
    Buffer.concat([parsed, fields('a'), row('1'), done('SELECT 1'), ready('I')]),
    Buffer.concat([failed('0A000', 'cached plan must not change result type'), ready('I')]),
    Buffer.concat([ready('I')]),
    Buffer.concat([parsed, fields('a', 'b'), row('1', '2'), done('SELECT 1'), ready('I')]),
  ];
  const database = connection((messages) => {
    crossings.push(typesOf(messages));
    return answers[crossings.length - 1] ?? Buffer.alloc(0);
  }, asText);
  database.query('select * from t where a = $1', ['1']);
  expect(database.query('select * from t where a = $1', ['1']).rows).toEqual([{ a: '1', b: '2' }]);
  expect(crossings).toEqual(['PDBES', 'BES', 'CS', 'PDBES']);
});

test('inside a transaction a stale plan is the transaction’s failure', () => {
  const answers = [
    Buffer.concat([parsed, fields('a'), row('1'), done('SELECT 1'), ready('T')]),
    Buffer.concat([failed('0A000', 'cached plan must not change result type'), ready('E')]),
    Buffer.concat([ready('E')]),
  ];
  const database = connection(() => answers.shift() ?? Buffer.alloc(0), asText);
  database.query('select $1', ['1']);
  expect(() => database.query('select $1', ['1'])).toThrow(/cached plan/);
  expect(database.inTransaction()).toBe(true);
});

test('statements that were not used for long give up their place', () => {
  let closed = 0;
  const database = connection((messages) => {
    if (typesOf(messages).startsWith('C')) closed++;
    return Buffer.concat([parsed, fields('a'), done('SELECT 0'), ready('I')]);
  }, asText);
  for (let i = 0; i < 260; i++) database.query(`select $1 as a${i}`, ['1']);
  expect(closed).toBe(10);
});

test('a text with NUL never reaches the protocol, where it would end the message’s field', () => {
  expect(() => simpleQueryMessage('select 1\0drop')).toThrow(TypeError);
  expect(() => parseMessages('a', 'select \0')).toThrow(TypeError);
  expect(typesOf(executeMessages('a', ['x']))).toBe('BES');
});
