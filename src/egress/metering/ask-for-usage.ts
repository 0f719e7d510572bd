/** Chat streams tell usage only when they are asked to; the caller did not, so we do. */

import type { JsonRecord } from './json-record.ts';
import type { CallHead } from './metering-types.ts';
import { knownProvider } from './providers.ts';
import { asFields } from './token-counts.ts';

/** Versions of Azure's API before this one answer 400 to it. */
const FIRST_AZURE_VERSION = '2024-09-01';

/**
 * @returns the body with `stream_options.include_usage`, every other byte as it was; undefined:
 * nothing is to be added
 */
export function askForUsage(
  call: CallHead,
  { body, record }: { readonly body: Buffer; readonly record: JsonRecord },
): Buffer | undefined {
  if (!record.complete || record.value('stream') !== true || !mayBeAsked(call)) return undefined;
  const member = record.all('stream_options').at(-1);
  if (member === undefined)
    return spliced(body, {
      from: record.start + 1,
      to: record.start + 1,
      text: '"stream_options":{"include_usage":true},',
    });
  const value = record.value('stream_options');
  const options = value === null ? {} : asFields(value);
  if (options === undefined || options.include_usage === true) return undefined;
  const text = JSON.stringify({ ...options, include_usage: true });
  return spliced(body, { from: member.start, to: member.end, text });
}

/** Mistral always tells usage, and refuses the option as unknown. */
function mayBeAsked(call: CallHead): boolean {
  const provider = knownProvider(call.host);
  if (provider === 'mistral') return false;
  const version = /[?&]api-version=(\d{4}-\d\d-\d\d)/.exec(call.path)?.[1];
  return version === undefined || version >= FIRST_AZURE_VERSION;
}

function spliced(
  body: Buffer,
  part: { readonly from: number; readonly to: number; readonly text: string },
): Buffer {
  return Buffer.concat([
    body.subarray(0, part.from),
    Buffer.from(part.text),
    body.subarray(part.to),
  ]);
}
