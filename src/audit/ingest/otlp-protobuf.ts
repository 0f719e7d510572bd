/**
 * Protobuf → the same shape that OTLP/JSON has. protobufjs's own decoders know no limit for how many
 * messages a body holds (two bytes each), so only its reader is used.
 */
import { isUtf8 } from 'node:buffer';
import protobuf from 'protobufjs/minimal.js';
import { MAX_INGEST_DEPTH } from '../../contracts/ingest-limits.ts';
import { ingestErrors } from './errors.ts';
import {
  EXPORT_TRACE_SERVICE_REQUEST,
  type OtlpField,
  type OtlpMessage,
  type OtlpScalar,
} from './otlp-schema.ts';

/** Messages in a body, at about 100 bytes of memory each. */
export const MAX_OTLP_MESSAGES = 1_000_000;
/** The five levels above a span's attributes, and two for each level of an attribute's value. */
const MAX_DEPTH = 5 + 2 * MAX_INGEST_DEPTH;

const LENGTH_DELIMITED = 2;
const WIRE_TYPES: Readonly<Record<OtlpScalar, number>> = {
  ...{ string: 2, bytes: 2, bool: 0, int64: 0, double: 1, fixed64: 1, fixed32: 5 },
  ...{ uint32: 0, enum: 0 },
};

interface Decoding {
  readonly reader: protobuf.Reader;
  messages: number;
}

/** @throws otlp_body_invalid */
export function decodeOtlpRequest(body: Buffer): Record<string, unknown> {
  const decoding = { reader: protobuf.Reader.create(body), messages: 0 };
  try {
    return decodeMessage(EXPORT_TRACE_SERVICE_REQUEST, { decoding, end: body.length, depth: 0 });
  } catch (cause) {
    if (cause instanceof RangeError || cause instanceof Error)
      throw ingestErrors.otlp_body_invalid(
        `The body is not an ExportTraceServiceRequest in protobuf: ${cause.message.slice(0, 200)}.`,
        { cause },
      );
    throw cause;
  }
}

function decodeMessage(
  message: OtlpMessage,
  { decoding, end, depth }: { decoding: Decoding; end: number; depth: number },
): Record<string, unknown> {
  const { reader } = decoding;
  if (depth > MAX_DEPTH) throw new RangeError('messages nest too deep');
  if (++decoding.messages > MAX_OTLP_MESSAGES)
    throw new RangeError(`more than ${MAX_OTLP_MESSAGES} messages`);
  const decoded: Record<string, unknown> = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = message[tag >>> 3];
    const wireType = tag & 7;
    if (field === undefined || wireType !== wireTypeOf(field)) {
      skip(reader, wireType);
      continue;
    }
    const value =
      'message' in field
        ? decodeMessage(field.message(), {
            decoding,
            end: innerEnd(reader, end),
            depth: depth + 1,
          })
        : decodeScalar(field.type, reader);
    if (field.repeated !== true) decoded[field.name] = value;
    else {
      const list = decoded[field.name] as unknown[] | undefined;
      if (list === undefined) decoded[field.name] = [value];
      else list.push(value);
    }
  }
  if (reader.pos !== end) throw new RangeError('a message is longer than its length says');
  return decoded;
}

function wireTypeOf(field: OtlpField): number {
  return 'message' in field ? LENGTH_DELIMITED : WIRE_TYPES[field.type];
}

/** Groups are not in proto3, and the reader would follow them recursively. */
function skip(reader: protobuf.Reader, wireType: number): void {
  if (wireType === 3 || wireType === 4) throw new RangeError('a group, which proto3 has not');
  reader.skipType(wireType);
}

function innerEnd(reader: protobuf.Reader, outerEnd: number): number {
  const length = reader.uint32();
  const end = reader.pos + length;
  if (end > outerEnd) throw new RangeError('a message is longer than the one it lies in');
  return end;
}

function decodeScalar(type: OtlpScalar, reader: protobuf.Reader): unknown {
  switch (type) {
    case 'string':
      return text(reader.bytes());
    case 'bytes':
      return reader.bytes();
    case 'bool':
      return reader.bool();
    case 'double':
      return reader.double();
    case 'fixed64':
      return BigInt(reader.fixed32()) | (BigInt(reader.fixed32()) << 32n);
    case 'fixed32':
      return reader.fixed32();
    case 'uint32':
      return reader.uint32();
    case 'enum':
      return reader.int32();
    case 'int64':
      return reader.int64().toString();
  }
}

function text(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new RangeError('a text that is not UTF-8');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
}
