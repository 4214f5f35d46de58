/**
 * Reads what Redis's `cmsgpack.pack` makes of a list of numbers.
 *
 * @throws TypeError for anything else; RangeError where it ends early
 */
export function msgpackNumbers(bytes: Buffer): readonly number[] {
  let at = 0;
  const head = bytes.readUInt8(at++);
  let size = head & 0x0f;
  if (head === 0xdc) {
    size = bytes.readUInt16BE(at);
    at += 2;
  } else if (head === 0xdd) {
    size = bytes.readUInt32BE(at);
    at += 4;
  } else if (head >> 4 !== 9) throw new TypeError('no list');

  const numbers: number[] = [];
  while (numbers.length < size) {
    const type = bytes[at++] ?? 0xc1;
    if (type < 0x80) numbers.push(type);
    else if (type >= 0xe0) numbers.push(type - 0x100);
    else {
      numbers.push(longNumber(bytes, type, at));
      at += lengths[type] ?? 0;
    }
  }
  return numbers;
}

const lengths: Readonly<Record<number, number>> = {
  202: 4,
  203: 8,
  204: 1,
  205: 2,
  206: 4,
  207: 8,
  208: 1,
  209: 2,
  210: 4,
  211: 8,
};

function longNumber(bytes: Buffer, type: number, at: number): number {
  switch (type) {
    case 0xca:
      return bytes.readFloatBE(at);
    case 0xcb:
      return bytes.readDoubleBE(at);
    case 0xcc:
      return bytes.readUInt8(at);
    case 0xcd:
      return bytes.readUInt16BE(at);
    case 0xce:
      return bytes.readUInt32BE(at);
    case 0xcf:
      return bytes.readUInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
    case 0xd0:
      return bytes.readInt8(at);
    case 0xd1:
      return bytes.readInt16BE(at);
    case 0xd2:
      return bytes.readInt32BE(at);
    case 0xd3:
      return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
    default:
      throw new TypeError('no number');
  }
}
