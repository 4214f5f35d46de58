/** Bytes of one count. */
export type CountWidth = 1 | 2 | 4 | 8;

type Counts = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/**
 * Records of equal numbers of counts, each beside the number of the sub-window that it was looked at in last: what is
 * read together lies together.
 */
export interface WindowRecords {
  readonly width: CountWidth;
  /** Records there is room for. */
  readonly capacity: number;
  /** The highest count of this width. */
  readonly most: number;
  readonly counts: Counts;
  /** In `counts`: from one record to the next, and to the first count of a record. */
  readonly stride: number;
  readonly first: number;
  /** The same bytes; a record's sub-window is its first number, `doubles` from the next one's. */
  readonly newest: Float64Array;
  readonly doubles: number;
  /** The same with other room. */
  copy(width: CountWidth, capacity: number): WindowRecords;
}

/** Bytes of a sub-window's number. */
const NEWEST = Float64Array.BYTES_PER_ELEMENT;

/**
 * The width in which counts of a limit begin. Few ever come to more than 65,535 within a window, whatever the limit: the
 * first who does makes all counts of its rule wider.
 */
export function widthFor(limit: number): CountWidth {
  return limit <= 0xff ? 1 : 2;
}

/** The width for this count. */
export function widerThan(count: number): CountWidth {
  if (count <= 0xffff) return 2;
  return count <= 0xffff_ffff ? 4 : 8;
}

/** Makes records of zeroes. */
export function windowRecords(size: number, width: CountWidth, capacity: number): WindowRecords {
  const doubles = Math.ceil((NEWEST + size * width) / NEWEST);
  const buffer = new ArrayBuffer(capacity * doubles * NEWEST);
  const records: WindowRecords = {
    width,
    capacity,
    most: width === 8 ? Number.POSITIVE_INFINITY : 2 ** (8 * width) - 1,
    counts: countsIn(buffer, width),
    stride: (doubles * NEWEST) / width,
    first: NEWEST / width,
    newest: new Float64Array(buffer),
    doubles,
    copy(nextWidth, nextCapacity) {
      const next = windowRecords(size, nextWidth, nextCapacity);
      if (nextWidth === width) {
        new Uint8Array(next.newest.buffer).set(new Uint8Array(buffer));
        return next;
      }
      for (let slot = 0; slot < Math.min(capacity, nextCapacity); slot++) {
        next.newest[slot * next.doubles] = records.newest[slot * doubles] ?? 0;
        for (let i = 0; i < size; i++)
          next.counts[slot * next.stride + next.first + i] =
            records.counts[slot * records.stride + records.first + i] ?? 0;
      }
      return next;
    },
  };
  return records;
}

function countsIn(buffer: ArrayBuffer, width: CountWidth): Counts {
  switch (width) {
    case 1:
      return new Uint8Array(buffer);
    case 2:
      return new Uint16Array(buffer);
    case 4:
      return new Uint32Array(buffer);
    case 8:
      return new Float64Array(buffer);
  }
}
