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

/**
 * The address as limits count it: IPv4 as it is, also inside NAT64's well-known prefix (`64:ff9b::/96`, RFC 6052), since
 * an IPv4 caller behind a translator is one caller; of IPv6 the first bits, since one customer is given a whole network
 * (RFC 6177), and could show a fresh address at each request.
 *
 * @param prefixBits how many bits of an IPv6 address count, 1–128
 * @returns `null` when the text is no address
 */
export function callerNetwork(text: string | undefined | null, prefixBits: number): string | null {
  const address = canonicalAddress(text);
  if (!address?.includes(':')) return address;
  const groups = groupsOf(address);
  return (
    translatedIPv4(groups) ??
    `${compressed(groups.map((group, at) => group & groupMask(prefixBits - 16 * at)))}/${prefixBits}`
  );
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
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0) ? lastIPv4(groups) : undefined;
}

/** RFC 6052 section 2.1: `64:ff9b::/96`. */
function translatedIPv4(groups: readonly number[]): string | undefined {
  const [first, second, ...zeros] = groups.slice(0, 6);
  return first === 0x64 && second === 0xff9b && zeros.every((group) => group === 0) ? lastIPv4(groups) : undefined;
}

function lastIPv4(groups: readonly number[]): string {
  const [high = 0, low = 0] = groups.slice(6);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}

/** The mask of a group of which so many bits count; none when negative. */
function groupMask(bits: number): number {
  if (bits >= 16) return 0xffff;
  return bits <= 0 ? 0 : (0xffff << (16 - bits)) & 0xffff;
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
