/** The sections of a value, each with its name. */
export function sectionsOf(value: Buffer): readonly Buffer[] {
  const sections: Buffer[] = [];
  for (let at = 8; at < value.length; ) {
    const after = at + 7 + value.readUInt8(at + 6);
    sections.push(value.subarray(at, after));
    at = after;
  }
  return sections;
}
