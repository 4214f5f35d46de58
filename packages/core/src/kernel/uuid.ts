import { type Clock, systemClock } from './clock.ts';
import { type RandomBytes, randomBytes } from './crypto.ts';

/** Makes ids. */
export type MakeId = () => string;

/** Any UUID in its canonical lower-case form (RFC 9562 section 4). */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * A generator of UUIDv7 (RFC 9562 section 5.7), increasing within the process also when many are made in one
 * millisecond or the clock steps back: a 12-bit counter beside the milliseconds (section 6.2, method 1), which borrows from the
 * future when it overflows.
 */
export function uuidv7Generator(clock: Clock = systemClock, random: RandomBytes = randomBytes): MakeId {
  let lastMs = -1;
  let counter = 0;
  return () => {
    const now = clock();
    const bytes = random(10);
    if (now > lastMs) {
      lastMs = now;
      counter = ((bytes[8] as number) << 3) | ((bytes[9] as number) & 7); // leaves half of the range to count in
    } else if (++counter > 0xfff) {
      lastMs++;
      counter = 0;
    }
    const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 8).toString('hex');
    const time = lastMs.toString(16).padStart(12, '0');
    const variant = ((bytes[0] as number) & 0x3f) | 0x80;
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, '0')}-${variant.toString(16)}${hex.slice(2, 4)}-${hex.slice(4)}`;
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
