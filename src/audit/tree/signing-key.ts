/** The log's key: AUDIT/key (PKCS#8 PEM, mode 0600) and AUDIT/key.pub. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { auditErrors } from '../errors.ts';
import { formatVerifierKey, type Signer, verifierKeyOf } from './signed-note.ts';

/**
 * Makes the key at the first start of an audit folder; later it must be there.
 * @throws audit_key_invalid
 */
export function ensureSigningKey(dir: string): Signer {
  const present = readdirSync(dir);
  if (!present.includes('key')) {
    const logs = present.some(
      (name) => name !== 'lock' && name !== 'key.pub.tmp' && name !== 'key.tmp',
    );
    if (logs)
      throw auditErrors.audit_key_invalid(
        `The log's private key ${join(dir, 'key')} is missing, but there are logs signed with it.`,
      );
    createKey(dir);
  }
  const signer = loadSigningKey(dir);
  if (!present.includes('key.pub'))
    writeDurably(dir, 'key.pub', { text: `${formatVerifierKey(signer.verifier)}\n`, mode: 0o644 });
  return loadSigningKey(dir);
}

/** @throws audit_key_invalid */
export function loadSigningKey(dir: string): Signer {
  const path = join(dir, 'key');
  const privateKey = readPrivateKey(path);
  const verifier = verifierKeyOf(createPublicKey(privateKey));
  const stored = readTextIfThere(join(dir, 'key.pub'));
  const expected = formatVerifierKey(verifier);
  if (stored !== undefined && stored.trimEnd() !== expected)
    throw auditErrors.audit_key_invalid(
      `The log's private key ${path} does not belong to ${join(dir, 'key.pub')}: it is ${verifier.name}'s.`,
    );
  return { verifier, privateKey };
}

function readPrivateKey(path: string): KeyObject {
  let pem: string;
  try {
    const fd = openSync(path, 'r');
    try {
      const { mode } = fstatSync(fd);
      if ((mode & 0o077) !== 0)
        throw auditErrors.audit_key_invalid(
          `The log's private key ${path} can be read by others: its mode is ${(mode & 0o777).toString(8)}.`,
          { remedy: `Run "chmod 600 ${path}", and ask who could have read it.` },
        );
      pem = readFileSync(fd, 'utf8');
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    if (!('syscall' in Object(cause))) throw cause;
    throw auditErrors.audit_key_invalid(`The log's private key ${path} cannot be read.`, { cause });
  }
  const key = parsePrivateKey(pem);
  if (key?.asymmetricKeyType !== 'ed25519')
    throw auditErrors.audit_key_invalid(`${path} is not an Ed25519 private key in PKCS#8 PEM.`);
  return key;
}

function parsePrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, format: 'pem' });
  } catch {
    // Its message could quote the key.
    return undefined;
  }
}

function createKey(dir: string): void {
  const { privateKey } = generateKeyPairSync('ed25519');
  const text = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeDurably(dir, 'key', { text, mode: 0o600 });
}

function writeDurably(dir: string, name: string, file: { text: string; mode: number }): void {
  const temporary = join(dir, `${name}.tmp`);
  rmSync(temporary, { force: true });
  const fd = openSync(temporary, 'wx', file.mode);
  try {
    fchmodSync(fd, file.mode);
    writeSync(fd, file.text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, join(dir, name));
  const folder = openSync(dir, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function readTextIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
