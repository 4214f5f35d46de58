import type { Headers } from './exchange.ts';

/** RFC 9110 section 5.6.2. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What no field value has on the wire (RFC 9110 section 5.5): a line break would begin a field of somebody else's. */
const UNSENDABLE = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Refuses fields that Node refuses when it is too late to answer with anything else.
 * @throws TypeError naming the field, never its value
 */
export function assertSendable(headers: Headers): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!NAME.test(name)) throw new TypeError(`no header can be named ${JSON.stringify(name)}`);
    for (const line of typeof value === 'string' ? [value] : value)
      if (typeof line !== 'string' || UNSENDABLE.test(line))
        throw new TypeError(`header ${name}: the value has characters that no header can have`);
  }
}
