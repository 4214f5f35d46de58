import { isIPv4, isIPv6 } from 'node:net';

/**
 * A client's address in its one canonical text form, or `null` when the text is none.
 *
 * An IPv4 address inside IPv6 (`::ffff:192.0.2.1`, as dual-stack sockets tell it) is that IPv4 address; a zone is
 * stripped, because it means something on this machine only; IPv6 is written as in RFC 5952. One caller must not have
 * two names, or limits and audit count it twice.
 */
export function canonicalAddress(text: string | undefined | null): string | null {
  if (!text) return null;
  if (isIPv4(text)) return text;
  const zone = text.indexOf('%');
  const address = zone < 0 ? text : text.slice(0, zone);
  if (!isIPv6(address)) return null;
  const groups = groupsOf(address);
  return embeddedIPv4(groups) ?? compressed(groups);
}

/** The network of an address, for eyes that need not know the machine: `/24` of IPv4, `/48` of IPv6. */
export function maskAddress(text: string | undefined | null): string | null {
  const address = canonicalAddress(text);
  if (address === null) return null;
  if (!address.includes(':')) return `${address.slice(0, address.lastIndexOf('.'))}.0/24`;
  return `${compressed([...groupsOf(address).slice(0, 3), 0, 0, 0, 0, 0])}/48`;
}

/** The eight groups of a valid IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const [before = '', after] = address.split('::');
  const head = groupsOfPart(before);
  if (after === undefined) return head;
  const tail = groupsOfPart(after);
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

function groupsOfPart(part: string): readonly number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

/** RFC 4291 section 2.5.5.2: `::ffff:0:0/96`. */
function embeddedIPv4(groups: readonly number[]): string | undefined {
  const [high = 0, low = 0] = groups.slice(6);
  if (groups[5] !== 0xffff || groups.slice(0, 5).some((group) => group !== 0)) return undefined;
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** RFC 5952 section 4: the first longest run of at least two zero groups becomes `::`. */
function compressed(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let at = 0; at < 8; at++) {
    let end = at;
    while (groups[end] === 0) end++;
    if (end - at > length) {
      start = at;
      length = end - at;
    }
  }
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}
