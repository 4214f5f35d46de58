import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callerNetwork, canonicalAddress, maskAddress } from './address.ts';

describe('canonicalAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:c000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['::', '::'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:0db8:0000:0001:0000:0000:0000:0001', '2001:db8:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1::', '1::'],
    ['fe80::1%eth0', 'fe80::1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each([
    '',
    'unknown',
    '192.0.2.1:80',
    '[::1]',
    '192.0.2',
    '010.0.0.1',
    '1::2::3',
    "'; drop table",
    ' 192.0.2.1',
    undefined,
    null,
  ])('%j is no address', (text) => {
    expect(canonicalAddress(text)).toBeNull();
  });

  it('agrees with the system on every IPv6 address, and has one form for each', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 }), (groups) => {
        const text = groups.map((group) => group.toString(16).padStart(4, '0')).join(':');
        const canonical = canonicalAddress(text) ?? '';
        const system = new SocketAddress({ address: text, family: 'ipv6' }).address;
        if (!system.includes('.')) expect(canonical).toBe(system);
        expect(canonicalAddress(canonical)).toBe(canonical);
      }),
    );
  });
});

describe('maskAddress', () => {
  it.each([
    ['192.0.2.77', '192.0.2.0/24'],
    ['::ffff:192.0.2.77', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:db8::6', '2001:db8::/48'],
    ['::1', '::/48'],
    ['fe80::1%lo0', 'fe80::/48'],
    ['nonsense', null],
    [null, null],
  ])('%s is shown as %s', (text, masked) => {
    expect(maskAddress(text)).toBe(masked);
  });
});

describe('callerNetwork', () => {
  it.each([
    ['192.0.2.77', '192.0.2.77'],
    ['::ffff:192.0.2.77', '192.0.2.77'],
    ['::ffff:c000:24d', '192.0.2.77'],
    ['64:ff9b::192.0.2.77', '192.0.2.77'],
    ['64:ff9b::c000:24d', '192.0.2.77'],
    ['64:ff9b:0:0:0:0:c000:24d', '192.0.2.77'],
    ['64:ff9b:1::c000:24d', '64:ff9b:1::/56'],
    ['2001:db8:1:2ff:3:4:5:6', '2001:db8:1:200::/56'],
    ['2001:0DB8:1:0200::', '2001:db8:1:200::/56'],
    ['2001:db8:1:3ff::1', '2001:db8:1:300::/56'],
    ['fe80::1%eth0', 'fe80::/56'],
    ['nonsense', null],
    ['', null],
    [null, null],
  ])('%s is counted as %s', (text, network) => expect(callerNetwork(text, 56)).toBe(network));

  it.each([
    [1, '8000::/1'],
    [16, 'ffff::/16'],
    [48, 'ffff:ffff:ffff::/48'],
    [64, 'ffff:ffff:ffff:ffff::/64'],
    [128, 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128'],
  ])('%s bits of IPv6', (bits, network) => {
    expect(callerNetwork('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', bits)).toBe(network);
  });
});
