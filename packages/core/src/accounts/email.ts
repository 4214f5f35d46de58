/** An e-mail address: what is shown and what is compared. */
export interface Email {
  /** As typed, without the spaces around it. */
  readonly display: string;
  /** Normalised (NFKC), lower-cased: two addresses with one key are one account. */
  readonly key: string;
}

/** Characters of an address, as typed and as normalised (RFC 5321 section 4.5.3.1.3: 256 with the angle brackets). */
export const EMAIL_LENGTH = 254;

/**
 * One `@` with something on both sides; no spaces, no invisible characters, none of the specials that need quoting
 * (RFC 5322 section 3.2.3: in a header they would begin another address), no empty label in the domain. Whether mail
 * arrives there only a mail can tell.
 */
const ADDRESS =
  /^[^\p{Cc}\p{Cf}\p{Cs}\p{Z}<>()[\]\\,;:@"]{1,64}@(?=[^@]+$)[^\p{Cc}\p{Cf}\p{Cs}\p{Z}<>()[\]\\,;:@".]+(?:\.[^\p{Cc}\p{Cf}\p{Cs}\p{Z}<>()[\]\\,;:@".]+)*$/u;

/** Reads an address; `undefined` when it is none. */
export function parseEmail(typed: string): Email | undefined {
  if (typed.length > 2 * EMAIL_LENGTH) return undefined; // normalising is work
  const display = typed.trim();
  const key = emailKey(display);
  const fits = display.length <= EMAIL_LENGTH && key.length <= EMAIL_LENGTH;
  return fits && ADDRESS.test(display) && ADDRESS.test(key) ? { display, key } : undefined;
}

/** What two spellings of one address have in common. Lower-casing can leave NFKC (U+0130), hence twice. */
export function emailKey(typed: string): string {
  return typed.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
}
