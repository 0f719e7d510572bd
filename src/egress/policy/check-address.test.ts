import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkAddress } from './check-address.ts';

/** Address, then what is said of it; '' is allowed. */
const ADDRESSES: Readonly<Record<string, string>> = {
  '1.1.1.1': '',
  '8.8.8.8': '',
  '9.255.255.255': '',
  '11.0.0.0': '',
  '93.184.215.14': '',
  '100.63.255.255': '',
  '100.128.0.0': '',
  '126.255.255.255': '',
  '128.0.0.1': '',
  '168.63.129.15': '',
  '169.253.255.255': '',
  '169.255.0.0': '',
  '172.15.255.255': '',
  '172.32.0.0': '',
  '192.0.1.255': '',
  '192.0.3.0': '',
  '192.167.255.255': '',
  '192.169.0.0': '',
  '198.17.255.255': '',
  '198.20.0.0': '',
  '198.51.99.255': '',
  '198.51.101.0': '',
  '203.0.112.255': '',
  '203.0.114.0': '',
  '223.255.255.255': '',
  '2606:4700:4700::1111': '',
  '2001:4860:4860::8888': '',
  '2a00:1450:4001:82a::200e': '',
  '2001:200::': '',
  '2003::1': '',
  '3ffe:ffff::1': '',
  '::ffff:8.8.8.8': '',
  '::ffff:0808:0808': '',
  '0:0:0:0:0:ffff:8.8.8.8': '',
  '127.0.0.1': 'loopback',
  '127.0.0.0': 'loopback',
  '127.1.2.3': 'loopback',
  '127.255.255.255': 'loopback',
  '::1': 'loopback',
  '0:0:0:0:0:0:0:1': 'loopback',
  '::ffff:127.0.0.1': 'loopback',
  '::ffff:7f00:1': 'loopback',
  '0:0:0:0:0:ffff:127.0.0.1': 'loopback',
  '::FFFF:7F00:0001': 'loopback',
  '0.0.0.0': 'unspecified',
  '0.0.0.1': 'unspecified',
  '0.255.255.255': 'unspecified',
  '::': 'unspecified',
  '0::0': 'unspecified',
  '::ffff:0.0.0.0': 'unspecified',
  '169.254.169.254': 'metadata',
  '169.254.170.2': 'metadata',
  '169.254.170.23': 'metadata',
  '100.100.100.200': 'metadata',
  '168.63.129.16': 'metadata',
  '192.0.0.192': 'metadata',
  'fd00:ec2::254': 'metadata',
  'fd00:0ec2:0:0:0:0:0:0254': 'metadata',
  'fd20:ce::254': 'metadata',
  '::ffff:169.254.169.254': 'metadata',
  '::ffff:a9fe:a9fe': 'metadata',
  'fe80::a9fe:a9fe': 'metadata',
  '169.254.0.0': 'link-local',
  '169.254.1.1': 'link-local',
  '169.254.169.253': 'link-local',
  '169.254.255.255': 'link-local',
  'fe80::1': 'link-local',
  'febf:ffff::1': 'link-local',
  '::ffff:169.254.1.1': 'link-local',
  '10.0.0.0': 'private',
  '10.0.0.1': 'private',
  '10.255.255.255': 'private',
  '172.16.0.0': 'private',
  '172.20.10.2': 'private',
  '172.31.255.255': 'private',
  '192.168.0.0': 'private',
  '192.168.1.1': 'private',
  '192.168.255.255': 'private',
  '::ffff:10.0.0.1': 'private',
  '::ffff:c0a8:101': 'private',
  'fc00::': 'private',
  'fc00::1': 'private',
  'fd12:3456:789a::1': 'private',
  'fdff:ffff::1': 'private',
  'fec0::1': 'private',
  'feff::1': 'private',
  '100.64.0.0': 'carrier',
  '100.64.0.1': 'carrier',
  '100.127.255.255': 'carrier',
  '::ffff:100.64.0.1': 'carrier',
  '224.0.0.0': 'multicast',
  '224.0.0.251': 'multicast',
  '239.255.255.250': 'multicast',
  'ff02::1': 'multicast',
  'ff05::2': 'multicast',
  'ff0e::1': 'multicast',
  '::ffff:224.0.0.1': 'multicast',
  '255.255.255.255': 'broadcast',
  '::ffff:255.255.255.255': 'broadcast',
  '192.0.2.0': 'documentation',
  '192.0.2.255': 'documentation',
  '198.51.100.1': 'documentation',
  '203.0.113.255': 'documentation',
  '2001:db8::1': 'documentation',
  '2001:0db8:ffff::1': 'documentation',
  '3fff::1': 'documentation',
  '3fff:fff::1': 'documentation',
  '198.18.0.0': 'benchmarks',
  '198.18.0.1': 'benchmarks',
  '198.19.255.255': 'benchmarks',
  '::ffff:198.18.0.1': 'benchmarks',
  '192.0.0.0': 'reserved',
  '192.0.0.8': 'reserved',
  '192.0.0.170': 'reserved',
  '240.0.0.1': 'reserved',
  '250.1.2.3': 'reserved',
  '255.255.255.254': 'reserved',
  '2001::1': 'reserved',
  '2001:2::1': 'reserved',
  '2001:10::1': 'reserved',
  '2001:20::1': 'reserved',
  '100::1': 'reserved',
  '100:0:0:1::1': 'reserved',
  '200::1': 'reserved',
  '400::1': 'reserved',
  '1fff:ffff::1': 'reserved',
  '4000::1': 'reserved',
  '5f00::1': 'reserved',
  '8000::1': 'reserved',
  'e000::1': 'reserved',
  'f000::1': 'reserved',
  'fe00::1': 'reserved',
  '2001:0:7f00:1::1': 'reserved',
  '192.88.99.1': 'leads to another',
  '2002:7f00:1::': 'leads to another',
  '2002:a00:1::1': 'leads to another',
  '2002:a9fe:a9fe::': 'leads to another',
  '2002:808:808::1': 'leads to another',
  '64:ff9b::8.8.8.8': '',
  '64:ff9b::127.0.0.1': 'loopback',
  '64:ff9b::a9fe:a9fe': 'metadata',
  '64:ff9b:0:0:0:0:a00:1': 'private',
  '64:ff9b::1': 'leads to another',
  '64:ff9b::1:808:808': 'reserved',
  '64:ff9b:1::1': 'leads to another',
  '::127.0.0.1': 'leads to another',
  '::10.0.0.1': 'leads to another',
  '::2': 'leads to another',
  '::ffff:0:127.0.0.1': 'leads to another',
  '::ffff:0:a9fe:a9fe': 'leads to another',
  'fe80::1%eth0': 'no IP address',
  '': 'no IP address',
  localhost: 'no IP address',
  '127.1': 'no IP address',
  '0x7f.0.0.1': 'no IP address',
  '2130706433': 'no IP address',
  '[::1]': 'no IP address',
  '10.0.0.1/8': 'no IP address',
  ' 8.8.8.8': 'no IP address',
  '8.8.8.8\u0000': 'no IP address',
};

test('every address is what it is, and only public ones are allowed', () => {
  assert.ok(Object.keys(ADDRESSES).length >= 100);
  for (const [address, says] of Object.entries(ADDRESSES)) {
    const check = checkAddress(address, []);
    if (says === '') assert.deepEqual(check, { allowed: true }, address);
    else {
      assert.ok(!check.allowed, address);
      assert.ok(check.kind.includes(says), `${address}: ${check.kind}, not ${says}`);
    }
  }
});

test('a range opens what lies in it and nothing else', () => {
  const allowed: readonly [string, ...string[]][] = [
    ['10.1.2.3', '10.0.0.0/8'],
    ['10.1.2.3', '192.168.0.0/16', '10.1.0.0/16'],
    ['::ffff:10.1.2.3', '10.0.0.0/8'],
    ['127.0.0.1', '127.0.0.0/8'],
    ['127.0.0.1', '127.0.0.1/32'],
    ['::1', '::1/128'],
    ['fd12::1', 'fd00::/8'],
    ['fd12::1', 'fc00::/7'],
    ['100.64.0.1', '100.64.0.0/10'],
    ['169.254.169.254', '169.254.169.254/32'],
    ['fd00:ec2::254', 'fd00:ec2::254/128'],
    ['64:ff9b::a01:203', '10.0.0.0/8'],
    ['8.8.8.8', '10.0.0.0/8'],
  ];
  for (const [address, ...ranges] of allowed)
    assert.deepEqual(checkAddress(address, ranges), { allowed: true }, `${address} in ${ranges}`);
  const refused: readonly [string, ...string[]][] = [
    ['10.1.2.3', '10.2.0.0/16'],
    ['127.0.0.1', '0.0.0.0/0'],
    ['127.0.0.1', '0.0.0.0/1'],
    ['10.0.0.1', '8.0.0.0/5'],
    ['127.0.0.1', '126.0.0.0/7'],
    ['::1', '::/0'],
    ['::1', '::/7'],
    ['::1', '::/64'],
    ['::1', '2000::/0'],
    ['169.254.169.254', '169.254.0.0/16'],
    ['169.254.169.254', '169.254.169.254/31'],
    ['100.100.100.200', '100.64.0.0/10'],
    ['fd00:ec2::254', 'fd00::/8'],
    ['127.0.0.1', '::ffff:0:0/96'],
    ['10.0.0.1', 'nonsense', '10.0.0.0', '/8', '10.0.0.0/', '10.0.0.0/33', '10.0.0.0/8x'],
    ['no address', '0.0.0.0/8'],
  ];
  for (const [address, ...ranges] of refused)
    assert.equal(checkAddress(address, ranges).allowed, false, `${address} in ${ranges}`);
});

test('an IPv4 address is judged the same however IPv6 wraps it', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const hex = address
        .split('.')
        .map((part) => Number(part).toString(16).padStart(2, '0'))
        .join('')
        .replace(/^(.{4})/, '$1:');
      const plain = checkAddress(address, []);
      for (const wrapped of [`::ffff:${address}`, `::ffff:${hex}`, `0:0::ffff:${hex}`])
        assert.deepEqual(checkAddress(wrapped, []), plain, wrapped);
      assert.equal(checkAddress(`64:ff9b::${hex}`, []).allowed, plain.allowed);
      for (const wrapped of [`2002:${hex}::`, `2001:0:${hex}::1`, `::${hex}`])
        assert.equal(checkAddress(wrapped, []).allowed, false, wrapped);
    }),
    { numRuns: 2_000 },
  );
});

test('no IPv6 address outside of global unicast is allowed without a range', () => {
  const global = new BlockList();
  global.addSubnet('2000::', 3, 'ipv6');
  global.addSubnet('::ffff:0:0', 96, 'ipv6');
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      if (checkAddress(address, []).allowed) assert.ok(global.check(address, 'ipv6'), address);
    }),
    { numRuns: 5_000 },
  );
});
