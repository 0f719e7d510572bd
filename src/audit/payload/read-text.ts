const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** In these, what is valid UTF-8 means what UTF-8 says, at least for letters and digits of ASCII. */
const ASCII_COMPATIBLE = /^(?:utf-?8|us-ascii|ascii|iso-8859-\d{1,2}|windows-125\d)$/;
const CHARSET = /;\s{0,10}charset\s{0,10}=\s{0,10}"?([\w-]{1,40})/i;

/**
 * Valid UTF-8 as text, else undefined. What was cut may end inside a character, which is left out.
 */
export function readText(
  bytes: Uint8Array,
  { cut, contentType }: { readonly cut: boolean; readonly contentType?: string | undefined },
): string | undefined {
  const charset = contentType === undefined ? undefined : CHARSET.exec(contentType)?.[1];
  if (charset !== undefined && !ASCII_COMPATIBLE.test(charset.toLowerCase())) return undefined;
  try {
    return UTF8.decode(cut ? withoutPartialCharacter(bytes) : bytes);
  } catch {
    return undefined;
  }
}

/** UTF-8, RFC 3629: the first byte of a character says how many there are. */
function withoutPartialCharacter(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
