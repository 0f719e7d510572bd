/** What a file is, told from its bytes before anything in it is believed. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const TAR_HEADER_BYTES = 512;
const TAR_MAGIC = { at: 257, text: 'ustar' };
/** What an export's first file can be called, in the name at the start of the header. */
const EXPORT_FILE = /^(manifest\.(json|sig)|checkpoint|events[-.][^\0]*|tile\/[^\0]*)(\0|$)/;
const TEXT_PROOF = 'c2sp.org/tlog-proof@v1';
/** A proof in JSON says both, so that one change leaves it a proof: a damaged one. */
const PROOF_WORDS = ['swarm-proof', 'tlog-proof'];

/**
 * A damaged export or proof is still one, and for whoever verifies it to find; undefined: it was
 * never any.
 */
export function toldKind(path: string): 'export' | 'proof' | undefined {
  // Exports can be longer than memory.
  const header = beginningOf(path, TAR_HEADER_BYTES);
  const text = header.toString('latin1');
  const begins = text.trimStart();
  if (begins.startsWith(TEXT_PROOF)) return 'proof';
  if (begins.startsWith('{')) {
    const bytes = readFileSync(path);
    return PROOF_WORDS.some((word) => bytes.includes(word)) ? 'proof' : undefined;
  }
  const hasMagic = text.startsWith(TAR_MAGIC.text, TAR_MAGIC.at);
  return hasMagic || EXPORT_FILE.test(text) ? 'export' : undefined;
}

function beginningOf(path: string, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const descriptor = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, 0));
  } finally {
    closeSync(descriptor);
  }
}
