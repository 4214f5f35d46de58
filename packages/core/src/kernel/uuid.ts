import { type Clock, systemClock } from './clock.ts';
import { type RandomBytes, randomBytes } from './crypto.ts';

/**
 * Makes ids.
 *
 * @param monotonicMs the monotonic clock now, where it was read already: then the id may say a time that is past by
 * 4 ms, and reading the wall clock, which costs 50 ns and more, is spared
 */
export type MakeId = (monotonicMs?: number) => string;

/** Any UUID in its canonical lower-case form (RFC 9562 section 4). */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Ids made of one draw: asking for randomness costs 10 µs and more however little it is, and each request has an id. */
const IDS_PER_DRAW = 1024;
/** Random bytes of an id: eight are seen in it, two are where its counter starts. */
const BYTES = 10;
/** Characters of an id. */
const LENGTH = 36;
/** What was written ahead is good so long, ms: an id says a time that is past by less. */
const GOOD_MS = 4;
/** As many are written ahead at most: who keeps one of them keeps the text of all in memory. */
const MOST_AHEAD = 32;
const HYPHEN = 0x2d;
const DIGITS: Uint8Array = Buffer.from('0123456789abcdef');

/**
 * A generator of UUIDv7 (RFC 9562 section 5.7), increasing within the process also when many are made in one
 * millisecond or the clock steps back: a 12-bit counter beside the milliseconds (section 6.2, method 1), which borrows from the
 * future when it overflows.
 *
 * Where such a time needs many, those of the next are written together and cut out of one text: an id that is put
 * together of its groups costs twice as much, and as much again where its characters are looked at.
 */
export function uuidv7Generator(clock: Clock = systemClock, random: RandomBytes = randomBytes): MakeId {
  let pool: Uint8Array = new Uint8Array(0);
  let drawn = 0;
  const ids = Buffer.alloc(MOST_AHEAD * LENGTH, HYPHEN);
  let lastMs = -1;
  /** Of the next id that is written. */
  let counter = 0;
  let ahead = '';
  let at = 0;
  /** Ids since the clock was looked at. */
  let made = 0;
  /** Monotonic: what was written ahead is good so long. */
  let until = Number.NEGATIVE_INFINITY;

  const draw = (): number => {
    drawn += BYTES;
    if (drawn >= pool.length) {
      pool = new Uint8Array(random(BYTES * IDS_PER_DRAW));
      drawn = 0;
    }
    return drawn;
  };
  const put = (value: number, to: number): void => {
    ids[to] = DIGITS[(value >> 12) & 15] as number;
    ids[to + 1] = DIGITS[(value >> 8) & 15] as number;
    ids[to + 2] = DIGITS[(value >> 4) & 15] as number;
    ids[to + 3] = DIGITS[value & 15] as number;
  };
  const writeAhead = (): void => {
    const count = Math.min(Math.max(made, 1), MOST_AHEAD, 0x1000 - counter);
    const high = Math.floor(lastMs / 0x10000);
    for (let to = 0; to < count * LENGTH; to += LENGTH) {
      const from = draw();
      const bits = (offset: number): number =>
        ((pool[from + offset] as number) << 8) | (pool[from + offset + 1] as number);
      put(high >> 16, to);
      put(high, to + 4);
      put(lastMs % 0x10000, to + 9);
      put(0x7000 + counter++, to + 14);
      put((bits(0) & 0x3fff) | 0x8000, to + 19); // the variant
      put(bits(2), to + 24);
      put(bits(4), to + 28);
      put(bits(6), to + 32);
    }
    ahead = ids.toString('latin1', 0, count * LENGTH);
    at = 0;
  };

  const lookAtClock = (): void => {
    const now = clock();
    if (now > lastMs) {
      lastMs = now;
      const from = draw() + 8;
      counter = ((pool[from] as number) << 3) | ((pool[from + 1] as number) & 7); // leaves half of the range to count in
      writeAhead();
      made = 0;
    } else if (at === ahead.length) {
      if (counter > 0xfff) {
        lastMs++;
        counter = 0;
      }
      writeAhead();
    }
  };

  return (monotonicMs) => {
    if (monotonicMs === undefined || monotonicMs >= until || at === ahead.length) {
      lookAtClock();
      if (monotonicMs !== undefined) until = monotonicMs + GOOD_MS;
    }
    made++;
    at += LENGTH;
    return ahead.slice(at - LENGTH, at);
  };
}

/** Whether the text is a UUID in canonical lower-case form. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The 16 bytes of a canonical UUID. */
export function uuidBytes(id: string): Uint8Array {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

/** The canonical text of 16 bytes. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
