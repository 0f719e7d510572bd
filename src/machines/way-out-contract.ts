/** The driver contract's case of the way out: guestd, the driver's network and the tunnel together. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { silentLogger } from '../base/logger.ts';
import { waitUntil } from '../base/wait.ts';
import type { EgressConnection } from '../contracts/egress.ts';
import {
  EGRESS_PROXY_PORT,
  GUEST_AUTHORITY_BUNDLE_PATH,
  GUEST_AUTHORITY_PATH,
  GUEST_NETWORK,
  GUESTD_PORT,
  GUESTD_READY_LINE,
} from '../contracts/guest.ts';
import type { MachineDriver, MachineSpec } from './driver.ts';
import { createEgressTunnel, type EgressTunnel } from './egress-tunnel.ts';
import type { GuestClient } from './guest-client.ts';
import { askProbe, guest, startProbe } from './probe-guest.ts';

const ID = 'contract-out';
const AUTHORITY = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const PROXY = `127.0.0.1:${EGRESS_PROXY_PORT}`;
/** All of them open at the same time. */
const MANY = 200;

interface WayOutContext {
  readonly driver: MachineDriver;
  readonly under: { spec(machineId: string): MachineSpec };
  readonly bootTimeoutMs: number;
}

interface WayOut {
  readonly tunnel: EgressTunnel;
  /** What came out since the last look. */
  heads(): Omit<EgressConnection, 'stream' | 'machineId'>[];
  ask(path: string): Promise<string>;
}

export async function wayOut({ driver, under, bootTimeoutMs }: WayOutContext): Promise<void> {
  const plain = under.spec(ID);
  const egress = { proxyPort: EGRESS_PROXY_PORT, authority: AUTHORITY };
  const spec = { ...plain, guestConfig: { ...plain.guestConfig, egress } };
  await driver.create(spec);
  let tunnel: EgressTunnel | undefined;
  let client: GuestClient | undefined;
  try {
    await driver.start(ID);
    const ready = { text: GUESTD_READY_LINE, timeoutMs: bootTimeoutMs };
    assert.equal(await driver.waitForConsole(ID, ready), true);
    await startProbe(driver, spec);
    const seen: EgressConnection[] = [];
    tunnel = await openTunnel(driver, { spec, seen });
    const out: WayOut = {
      tunnel,
      heads: () => seen.splice(0).map(({ stream: _s, machineId: _m, ...head }) => head),
      ask: async (path) => (await askProbe(driver, ID, path)).trimEnd(),
    };
    await connectionsComeOut(out);
    await namesStayInside(out);
    await manyAtOnce(out);
    await nobodyInsideSpeaksToGuestd(out);
    await authorityIsTrusted(out);
    client = await guest(driver, spec);
    await nothingIsLostWhileNobodyListens(out, client);
    await guestdHoldsNothing(client);
  } finally {
    client?.close();
    tunnel?.close();
    await driver.remove(ID);
  }
}

async function guestdHoldsNothing(client: GuestClient): Promise<void> {
  const status = () => client.status({ timeoutMs: 20_000 });
  const { listening, egress } = await status();
  assert.deepEqual(listening, [8000], 'guestd’s own ports are not told of');
  assert.equal(egress?.capture, 'all', String(egress?.reason));
  const isQuiet = async () => (await status()).egress?.active === 0;
  assert.equal(await waitUntil(isQuiet, { timeoutMs: 10_000 }), true, 'none is left open');
}

async function openTunnel(
  driver: MachineDriver,
  { spec, seen }: { spec: MachineSpec; seen: EgressConnection[] },
): Promise<EgressTunnel> {
  const endpoint = (await driver.inspect(ID)).endpoints.get(GUESTD_PORT);
  assert.ok(endpoint, 'guestd has an endpoint');
  const { token } = spec.guestConfig;
  const tunnel = createEgressTunnel({
    machineId: ID,
    endpoint,
    token,
    log: silentLogger,
    onConnection(connection) {
      seen.push(connection);
      const { stream } = connection;
      stream.on('error', () => undefined);
      stream.pipe(stream, { end: false });
      stream.on('end', () => stream.end('.bye'));
    },
  });
  tunnel.open();
  return tunnel;
}

async function connectionsComeOut({ ask, heads }: WayOut): Promise<void> {
  const cases = [
    [PROXY, { kind: 'proxy', port: 0 }],
    ['api.example.com:443', { kind: 'captured', port: 443, name: 'api.example.com' }],
    ['API.Example.com:8443', { kind: 'captured', port: 8443, name: 'api.example.com' }],
    ['metadata:80', { kind: 'captured', port: 80, name: 'metadata' }],
    ['198.51.100.7:80', { kind: 'captured', port: 80 }],
    ['169.254.169.254:80', { kind: 'captured', port: 80 }],
    // The agent listens on this port of all its own addresses: of those only.
    ['192.168.1.1:8000', { kind: 'captured', port: 8000 }],
    ['1.1.1.1:65535', { kind: 'captured', port: 65535 }],
  ] as const;
  for (const [to, head] of cases) {
    assert.equal(await ask(`/echo?to=${to}&text=half-closed`), 'half-closed.bye', to);
    assert.deepEqual(heads(), [head], to);
  }
  for (const own of ['127.0.0.1', 'localhost', ID, GUEST_NETWORK.address])
    assert.match(await ask(`/dial?to=${own}:8000`), /^connected/);
  for (const nowhere of [`${GUEST_NETWORK.gateway}:80`, '10.0.2.3:53', '[2001:db8::1]:443'])
    assert.match(await ask(`/dial?to=${nowhere}`), /^refused/, nowhere);
  // Where captured connections arrive, none may come by itself.
  assert.doesNotMatch(await ask('/echo?to=127.0.0.1:61709&text=x'), /bye/);
  assert.equal(await ask(`/bulk?to=${PROXY}&n=${4 * 1024 * 1024}`), 'true');
  heads();
}

async function namesStayInside({ ask, heads }: WayOut): Promise<void> {
  assert.equal(await ask('/lookup?name=api.example.com'), '198.18.0.1 <nil>');
  for (const net of ['udp', 'tcp'])
    for (const server of ['127.0.0.53:53', '8.8.8.8:53'])
      assert.equal(
        await ask(`/lookup?name=secret.tunnel.example&net=${net}&server=${server}`),
        '198.18.0.3 <nil>',
        `${net} ${server}`,
      );
  assert.match(await ask('/file?path=/etc/resolv.conf'), /nameserver 127\.0\.0\.53/);
  assert.deepEqual(heads(), [], 'no question leaves');
}

async function manyAtOnce({ ask, heads, tunnel }: WayOut): Promise<void> {
  for (const to of [PROXY, '198.51.100.7:443']) {
    assert.equal(await ask(`/echo?to=${to}&n=${MANY}`), String(MANY), to);
    assert.equal(heads().length, MANY);
  }
  const quiet = await waitUntil(() => tunnel.counts().active === 0, { timeoutMs: 20_000 });
  assert.equal(quiet, true, 'all have ended');
}

async function nobodyInsideSpeaksToGuestd({ ask, heads }: WayOut): Promise<void> {
  const { address, gateway } = GUEST_NETWORK;
  const sources = [gateway, address, '127.0.0.1', '10.0.2.99', '198.51.100.7', '0.0.0.0'];
  for (const from of sources)
    assert.match(await ask(`/spoof?from=${from}&to=${address}:${GUESTD_PORT}`), /^refused/, from);
  // A raw socket can claim any source: guestd does not even answer that with its own number.
  for (const from of [gateway, '198.51.100.7'])
    assert.match(await ask(`/forge?from=${from}&to=${address}`), /^no answer/, from);
  assert.deepEqual(heads(), []);
}

async function authorityIsTrusted({ ask }: WayOut): Promise<void> {
  for (const path of [GUEST_AUTHORITY_PATH, GUEST_AUTHORITY_BUNDLE_PATH]) {
    const [first, ...content] = (await ask(`/file?path=${path}`)).split('\n');
    assert.match(first ?? '', /^644 .*read-only file system$/);
    assert.equal(`${content.join('\n')}\n`, AUTHORITY);
  }
}

async function nothingIsLostWhileNobodyListens(
  { ask, heads, tunnel }: WayOut,
  client: GuestClient,
): Promise<void> {
  const noneIsParked = async () =>
    (await client.status({ timeoutMs: 20_000 })).egress?.parked === 0;
  tunnel.close();
  assert.equal(await waitUntil(noneIsParked, { timeoutMs: 20_000 }), true);
  const waiting = ask(`/echo?to=${PROXY}&text=patient`);
  await once(AbortSignal.timeout(500), 'abort');
  tunnel.open();
  assert.equal(await waiting, 'patient.bye');
  assert.equal(heads().length, 1);
  tunnel.close();
  // An end, when guestd still took one for parked that the host had given up.
  assert.match(await ask(`/echo?to=${PROXY}&text=in-vain`), /reset|EOF/);
}
