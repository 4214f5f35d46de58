import { expect, test } from 'vitest';
import { quotedSchema } from './quoted-schema.ts';

test('a schema’s name stays a name, whatever is in it', () => {
  expect(quotedSchema('castellan')).toBe('"castellan"');
  expect(quotedSchema('Ours; drop table "x"')).toBe('"Ours; drop table ""x"""');
});

test('a name that PostgreSQL would cut, could not hold or keeps for itself is refused', () => {
  for (const name of ['', 'x'.repeat(64), 'ä'.repeat(32), 'a\0b', 'pg_castellan'])
    expect(() => quotedSchema(name)).toThrow(/options\.schema/);
  expect(quotedSchema('x'.repeat(63))).toHaveLength(65);
});
