/**
 * X.509 certificates (RFC 5280) of the two kinds that interception needs, in DER (X.690), signed
 * with ECDSA and SHA-256 (RFC 5758). @peculiar/x509 could write them, too, but does not run
 * without a polyfill that is no dependency of ours, and is larger than all else here.
 */
import { createHash, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** For whom: a name. Without it: an authority. */
  readonly host?: string;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;
/** Context-specific tags. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;
const KEY_IDENTIFIER = 0x80;

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';
const SUBJECT_KEY_ID = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const AUTHORITY_KEY_ID = '2.5.29.35';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
/** Bits 5 and 6: keyCertSign, cRLSign; bit 0: digitalSignature. */
const SIGNS_CERTIFICATES = Buffer.from([1, 0x06]);
const SIGNS = Buffer.from([7, 0x80]);
const TRUE = Buffer.from([0xff]);
/** From 2050 on dates have four digits of year. */
const LAST_UTC_YEAR = 2049;

/** @returns PEM */
export function makeCertificate(facts: CertificateFacts, signer: KeyObject): string {
  const algorithm = tlv(SEQUENCE, oid(ECDSA_WITH_SHA256));
  const serial = randomBytes(16);
  // Positive, and never shorter.
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const signed = tlv(
    SEQUENCE,
    tlv(VERSION, tlv(INTEGER, Buffer.from([2]))),
    tlv(INTEGER, serial),
    algorithm,
    nameOf(facts.issuer),
    tlv(SEQUENCE, timeOf(facts.notBeforeMs), timeOf(facts.notAfterMs)),
    nameOf(facts.subject),
    facts.publicKey.export({ format: 'der', type: 'spki' }),
    tlv(EXTENSIONS, tlv(SEQUENCE, ...extensionsOf(facts, signer))),
  );
  const signature = sign('sha256', signed, signer);
  const der = tlv(SEQUENCE, signed, algorithm, bits(0, signature));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function extensionsOf({ host, publicKey }: CertificateFacts, signer: KeyObject): Buffer[] {
  const own = tlv(OCTET_STRING, keyIdentifier(publicKey));
  if (host === undefined)
    return [
      extension(
        BASIC_CONSTRAINTS,
        tlv(SEQUENCE, tlv(BOOLEAN, TRUE), tlv(INTEGER, Buffer.from([0]))),
        true,
      ),
      extension(KEY_USAGE, tlv(BIT_STRING, SIGNS_CERTIFICATES), true),
      extension(SUBJECT_KEY_ID, own),
    ];
  const issuer = keyIdentifier(createPublicKey(signer));
  return [
    extension(BASIC_CONSTRAINTS, tlv(SEQUENCE), true),
    extension(KEY_USAGE, tlv(BIT_STRING, SIGNS), true),
    extension(EXTENDED_KEY_USAGE, tlv(SEQUENCE, oid(SERVER_AUTH))),
    extension(SUBJECT_ALT_NAME, tlv(SEQUENCE, tlv(DNS_NAME, Buffer.from(host, 'latin1')))),
    extension(SUBJECT_KEY_ID, own),
    extension(AUTHORITY_KEY_ID, tlv(SEQUENCE, tlv(KEY_IDENTIFIER, issuer))),
  ];
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  const flag = critical ? [tlv(BOOLEAN, TRUE)] : [];
  return tlv(SEQUENCE, oid(id), ...flag, tlv(OCTET_STRING, value));
}

/** RFC 5280, 4.2.1.2: SHA-1 of the key's bits, which for P-256 are the last 65 bytes. */
function keyIdentifier(key: KeyObject): Buffer {
  const der = key.export({ format: 'der', type: 'spki' });
  return createHash('sha1').update(der.subarray(-65)).digest();
}

function nameOf(commonName: string): Buffer {
  const text = tlv(UTF8_STRING, Buffer.from(commonName));
  return tlv(SEQUENCE, tlv(SET, tlv(SEQUENCE, oid(COMMON_NAME), text)));
}

function timeOf(ms: number): Buffer {
  const at = new Date(ms);
  const digits = at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');
  return at.getUTCFullYear() <= LAST_UTC_YEAR
    ? tlv(UTC_TIME, Buffer.from(digits.slice(2)))
    : tlv(GENERALIZED_TIME, Buffer.from(digits));
}

function bits(unused: number, bytes: Buffer): Buffer {
  return tlv(BIT_STRING, Buffer.from([unused]), bytes);
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tlv(OID, Buffer.from(bytes));
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 0x100 ? 1 : 2;
  const head = Buffer.alloc(2 + size);
  head[0] = tag;
  head[1] = 0x80 | size;
  head.writeUIntBE(length, 2, size);
  return Buffer.concat([head, content]);
}
