import { type Clock, systemClock } from './clock.ts';
import { type RandomBytes, randomBytes } from './crypto.ts';

/** Makes ids. */
export type MakeId = () => string;

/** Any UUID in its canonical lower-case form (RFC 9562 section 4). */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Ids made of one draw: asking for randomness costs 10 µs and more however little it is, and each request has an id. */
const IDS_PER_DRAW = 1024;
/** Random bytes of an id: eight are seen in it, two are where its counter starts. */
const BYTES = 10;

/**
 * A generator of UUIDv7 (RFC 9562 section 5.7), increasing within the process also when many are made in one
 * millisecond or the clock steps back: a 12-bit counter beside the milliseconds (section 6.2, method 1), which borrows from the
 * future when it overflows.
 */
export function uuidv7Generator(clock: Clock = systemClock, random: RandomBytes = randomBytes): MakeId {
  let lastMs = -1;
  let counter = 0;
  let time = '';
  let pool: Uint8Array = new Uint8Array(0);
  let hex = '';
  let at = 0;
  const draw = (): void => {
    pool = new Uint8Array(random(BYTES * IDS_PER_DRAW));
    for (let id = 0; id < pool.length; id += BYTES) pool[id] = ((pool[id] as number) & 0x3f) | 0x80; // the variant
    hex = Buffer.from(pool.buffer).toString('hex');
    at = 0;
  };
  return () => {
    const now = clock();
    at += BYTES;
    if (at >= pool.length) draw();
    const before = lastMs;
    if (now > lastMs) {
      lastMs = now;
      counter = ((pool[at + 8] as number) << 3) | ((pool[at + 9] as number) & 7); // leaves half of the range to count in
    } else if (++counter > 0xfff) {
      lastMs++;
      counter = 0;
    }
    if (lastMs !== before) {
      const digits = lastMs.toString(16).padStart(12, '0');
      time = `${digits.slice(0, 8)}-${digits.slice(8)}`;
    }
    const start = at * 2;
    return `${time}-${(0x7000 + counter).toString(16)}-${hex.slice(start, start + 4)}-${hex.slice(start + 4, start + 16)}`;
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
