/** What a value holds of one budget. */
export interface Section {
  readonly name: Buffer;
  /** A double and the permits that count. */
  readonly numbers: Buffer;
  readonly tail: Buffer;
}

/** The sections of a value. */
export function sectionsOf(value: Buffer): readonly Section[] {
  const count = value.length > 8 ? value.readUInt8(7) : 0;
  let from = 8 + 19 * count;
  return Array.from({ length: count }, (_, i) => {
    const numbers = value.subarray(8 + 6 * count + 12 * i, 8 + 6 * count + 12 * (i + 1));
    const tail = value.subarray(from, from + value.readUInt8(8 + 18 * count + i));
    from += tail.length;
    return { name: value.subarray(8 + 6 * i, 14 + 6 * i), numbers, tail };
  });
}

/** The value of these sections, with the life of another one. */
export function valueWith(sections: readonly Section[], value: Buffer): Buffer {
  return Buffer.concat([
    value.subarray(0, 7),
    Buffer.from([sections.length]),
    ...sections.map(({ name }) => name),
    ...sections.map(({ numbers }) => numbers),
    Buffer.from(sections.map(({ tail }) => tail.length)),
    ...sections.map(({ tail }) => tail),
  ]);
}
