/** A TLS ClientHello as it lies in the first bytes of a connection. RFC 8446, 4.1.2 and 5.1; RFC 6066, 3. */
export type ClientHello =
  | { readonly state: 'more' }
  | { readonly state: 'bad' }
  | { readonly state: 'hello'; readonly serverName: string | undefined };

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const MAX_HELLO = 16_384;
const BAD: ClientHello = { state: 'bad' };
const MORE: ClientHello = { state: 'more' };

/** Reads without consuming; `more` asks for the same call with more bytes. */
export function parseClientHello(bytes: Buffer): ClientHello {
  const parts: Buffer[] = [];
  let have = 0;
  for (let at = 0; ; ) {
    if (have >= 4) {
      const joined = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
      if (joined[0] !== CLIENT_HELLO) return BAD;
      const length = joined.readUIntBE(1, 3);
      if (length > MAX_HELLO) return BAD;
      if (have >= 4 + length) return helloOf(joined.subarray(4, 4 + length));
    }
    if (bytes.length < at + 5) return bytes.length > at && bytes[at] !== HANDSHAKE ? BAD : MORE;
    if (bytes[at] !== HANDSHAKE || bytes[at + 1] !== 3) return BAD;
    const size = bytes.readUInt16BE(at + 3);
    if (size === 0 || size > MAX_HELLO) return BAD;
    const part = bytes.subarray(at + 5, at + 5 + size);
    // Half a record may be the end of the hello already.
    parts.push(part);
    have += part.length;
    if (part.length < size) {
      if (have < 4) return MORE;
      const joined = Buffer.concat(parts);
      if (joined[0] !== CLIENT_HELLO || joined.readUIntBE(1, 3) > MAX_HELLO) return BAD;
      return MORE;
    }
    at += 5 + size;
  }
}

function helloOf(body: Buffer): ClientHello {
  const reader = new Reader(body);
  reader.skip(2 + 32);
  reader.skip(reader.number(1));
  reader.skip(reader.number(2));
  reader.skip(reader.number(1));
  if (reader.left() === 0) return { state: 'hello', serverName: undefined };
  const end = reader.number(2);
  if (!reader.ok || end !== reader.left()) return BAD;
  let serverName: string | undefined;
  while (reader.ok && reader.left() > 0) {
    const type = reader.number(2);
    const data = reader.take(reader.number(2));
    if (data === undefined) return BAD;
    if (type !== SERVER_NAME) continue;
    if (serverName !== undefined) return BAD;
    serverName = hostNameOf(data);
    if (serverName === undefined) return BAD;
  }
  return reader.ok ? { state: 'hello', serverName } : BAD;
}

/** Exactly one name: two would let each reader choose. */
function hostNameOf(list: Buffer): string | undefined {
  const reader = new Reader(list);
  if (reader.number(2) !== reader.left() || reader.number(1) !== HOST_NAME) return undefined;
  const name = reader.take(reader.number(2));
  if (name === undefined || !reader.ok || reader.left() !== 0 || name.length > 255)
    return undefined;
  return name.toString('latin1');
}

class Reader {
  ok = true;
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  left(): number {
    return this.#bytes.length - this.#at;
  }

  number(size: number): number {
    if (!this.ok || this.left() < size) {
      this.ok = false;
      return 0;
    }
    const value = this.#bytes.readUIntBE(this.#at, size);
    this.#at += size;
    return value;
  }

  skip(size: number): void {
    this.take(size);
  }

  take(size: number): Buffer | undefined {
    if (!this.ok || this.left() < size) {
      this.ok = false;
      return undefined;
    }
    const part = this.#bytes.subarray(this.#at, this.#at + size);
    this.#at += size;
    return part;
  }
}
