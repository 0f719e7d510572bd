import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
  type GuestConfig,
  type GuestExecSpec,
  type GuestProcessSpec,
  guestEgressHead,
  guestError,
  guestEvent,
  guestLogLine,
  guestRunResult,
  guestStatus,
} from '../../contracts/guest.ts';

/** Names of a type's keys, complete by the type checker; `true` where a key may be absent. */
type Keys<T> = { readonly [K in keyof Required<T>]: undefined extends T[K] ? boolean : false };
const config: Keys<GuestConfig> = {
  version: false,
  machineId: false,
  token: false,
  hostname: false,
  guestdPort: false,
  network: false,
  egress: true,
};
const spec: Keys<GuestProcessSpec> = { argv: false, env: false, cwd: false, user: false };
const exec: Keys<GuestExecSpec> = { ...spec, tty: false, columns: true, rows: true };
const egress: Keys<NonNullable<GuestConfig['egress']>> = { proxyPort: false, authority: false };
const network: Keys<GuestConfig['network']> = {
  address: false,
  prefixLength: false,
  gateway: false,
  dns: false,
  mtu: false,
};

const schemas: Record<string, { parse(value: unknown): unknown }> = {
  status: guestStatus,
  event: guestEvent,
  logLine: guestLogLine,
  lost: guestLogLine,
  runResult: guestRunResult,
  error: guestError,
  egressHead: guestEgressHead,
};
const requests: Record<string, object> = {
  config,
  processSpec: spec,
  execSpec: exec,
  runSpec: { ...spec, timeoutMs: false, maxOutputBytes: false },
};

// guestd's side reads the same vectors: guest/protocol/protocol_test.go.
test('the host reads and writes what guestd writes and reads', async () => {
  const file = new URL('../../../guest/testdata/protocol.json', import.meta.url);
  const vectors: { type: string; value: Record<string, unknown> }[] = JSON.parse(
    await readFile(file, 'utf8'),
  );
  const seen = new Set<string>();
  for (const { type, value } of vectors) {
    seen.add(type);
    const keys = requests[type];
    if (keys !== undefined) {
      assert.deepEqual(Object.keys(value).toSorted(), Object.keys(keys).toSorted(), type);
      if (type !== 'config') continue;
      assert.deepEqual(Object.keys(value.network ?? {}), Object.keys(network));
      assert.deepEqual(Object.keys(value.egress ?? {}), Object.keys(egress));
      continue;
    }
    assert.deepEqual(schemas[type]?.parse(value), value, type);
  }
  assert.deepEqual(
    [...seen].toSorted(),
    [...new Set([...Object.keys(schemas), ...Object.keys(requests)])].toSorted(),
  );
});
