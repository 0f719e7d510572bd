import { createHmac, type KeyObject } from 'node:crypto';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * What stands for a secret in one machine: `swsec_` + 52 characters of base 32 (RFC 4648, lower
 * case, not padded) of HMAC-SHA-256 over machine and name. The same each time, so nothing of it
 * is stored, and not to be guessed from that of another machine.
 */
export function placeholderOf(
  key: KeyObject,
  { machineId, name }: { machineId: string; name: string },
): string {
  const digest = createHmac('sha256', key).update(`${machineId}\0${name}`).digest();
  let text = 'swsec_';
  let [value, bits] = [0, 0];
  for (const byte of digest) {
    value = (value << 8) | byte;
    bits += 8;
    for (; bits >= 5; bits -= 5) text += BASE32.charAt((value >>> (bits - 5)) & 31);
    value &= (1 << bits) - 1;
  }
  return bits === 0 ? text : text + BASE32.charAt((value << (5 - bits)) & 31);
}
