/**
 * Nanoseconds since 1970 of a time as events write it: RFC 3339 in UTC, up to nine decimals.
 * @throws Error for any other text, which is a bug: contracts check it before
 */
export function eventTimeNs(text: string): bigint {
  const [, seconds, decimals = ''] = /^([^.Z]+)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  const ms = seconds === undefined ? Number.NaN : Date.parse(`${seconds}Z`);
  if (Number.isNaN(ms)) throw new Error(`${text} is not the time of an event`);
  return BigInt(ms) * 1_000_000n + BigInt(decimals.padEnd(9, '0'));
}
