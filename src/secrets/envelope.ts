/**
 * One version of a secret, sealed: `v1.` + base64 of box(data key) ‖ box(value). The data key is
 * random and seals this value only; the workspace's key seals the data key. Both boxes carry as
 * associated data whose version it is, so that none can stand for another.
 */
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { SecretKey } from '../store/store.ts';
import {
  BOX_OVERHEAD_BYTES,
  fromBase64,
  KEY_BYTES,
  labelOf,
  openBox,
  sealBox,
} from './sealed-box.ts';

export interface EnvelopeOf extends SecretKey {
  readonly version: number;
}

const PREFIX = 'v1.';
const WRAPPED_BYTES = KEY_BYTES + BOX_OVERHEAD_BYTES;

export function sealEnvelope(
  value: string,
  { of, workspaceKey }: { of: EnvelopeOf; workspaceKey: KeyObject },
): string {
  const dataKey = randomBytes(KEY_BYTES);
  const boxes = [
    sealBox(dataKey, { key: workspaceKey, label: label('data key', of) }),
    sealBox(Buffer.from(value, 'utf8'), {
      key: createSecretKey(dataKey),
      label: label('value', of),
    }),
  ];
  dataKey.fill(0);
  return PREFIX + Buffer.concat(boxes).toString('base64');
}

/** @returns undefined when it is damaged, another secret's, or sealed under another key */
export function openEnvelope(
  envelope: string,
  { of, workspaceKey }: { of: EnvelopeOf; workspaceKey: KeyObject },
): string | undefined {
  if (!envelope.startsWith(PREFIX)) return undefined;
  const bytes = fromBase64(envelope.slice(PREFIX.length));
  if (bytes === undefined || bytes.length < WRAPPED_BYTES) return undefined;
  const wrapped = bytes.subarray(0, WRAPPED_BYTES);
  const dataKey = openBox(wrapped, { key: workspaceKey, label: label('data key', of) });
  if (dataKey === undefined) return undefined;
  const key = createSecretKey(dataKey);
  dataKey.fill(0);
  return openBox(bytes.subarray(WRAPPED_BYTES), { key, label: label('value', of) })?.toString(
    'utf8',
  );
}

function label(what: string, { workspaceId, agent, name, version }: EnvelopeOf): Buffer {
  const parts = [workspaceId, agent ?? '', name, String(version)];
  return labelOf(`swarm secret ${what} v1`, parts);
}
