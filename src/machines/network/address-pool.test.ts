import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  chooseLink,
  formatAddress,
  LINK_SIZE,
  parseAddress,
  parseSubnet,
  routedSubnets,
  type Subnet,
} from './address-pool.ts';

const subnet = (text: string): Subnet => {
  const parsed = parseSubnet(text);
  assert.ok(parsed, text);
  return parsed;
};

test('addresses survive a round trip', () => {
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      assert.equal(formatAddress(parseAddress(text) ?? -1), text);
    }),
  );
});

test('what is no subnet is not read as one', () => {
  for (const text of ['', 'default', '1.2.3', '1.2.3.256', '1.2.3.4/33', '1.2.3.4/8/9', '::/0'])
    assert.equal(parseSubnet(text), undefined, text);
});

test('a chosen link lies in a pool, is aligned, and overlaps nothing that is taken', () => {
  const small = fc
    .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 26, max: 32 }))
    .map(([last, prefix]) => subnet(`100.64.0.${last}/${prefix}`));
  fc.assert(
    fc.property(
      fc.array(small, { maxLength: 40 }),
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      (taken, random) => {
        const pool = subnet('100.64.0.0/24');
        const link = chooseLink({ pools: [pool], taken, random });
        const overlaps = (first: number) =>
          taken.some((other) => other.first <= first + LINK_SIZE - 1 && other.last >= first);
        if (link === undefined) {
          for (let first = pool.first; first < pool.last; first += LINK_SIZE)
            assert.ok(overlaps(first), `${formatAddress(first)} was free`);
          return;
        }
        assert.equal(link % LINK_SIZE, 0);
        assert.ok(link >= pool.first && link + LINK_SIZE - 1 <= pool.last);
        assert.ok(!overlaps(link));
      },
    ),
  );
});

test('a pool that the host routes gives way to the next', () => {
  const link = chooseLink({
    pools: [subnet('100.64.0.0/10'), subnet('198.18.0.0/15')],
    taken: [subnet('100.64.0.0/10')],
    random: 0,
  });
  assert.equal(formatAddress(link ?? 0), '198.18.0.0');
});

test('routes of all kinds are read, and default routes are no conflict', () => {
  const routes = [
    { dst: 'default', gateway: '192.0.2.1' },
    { dst: '0.0.0.0/1' },
    { dst: '128.0.0.0/1' },
    { dst: '100.64.0.0/10', dev: 'vpn0' },
    { type: 'local', dst: '192.0.2.2' },
    { type: 'multicast' },
  ];
  assert.deepEqual(routedSubnets(JSON.stringify(routes)), [
    subnet('100.64.0.0/10'),
    subnet('192.0.2.2'),
  ]);
  assert.deepEqual(routedSubnets(''), []);
});
