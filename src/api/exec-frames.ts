/** The frames of the guest's exec stream: type (1 byte), length (4 bytes, big-endian), payload. */

const HEAD_BYTES = 5;
export const MAX_PAYLOAD_BYTES = 64 * 1024;

export function encodeFrame(type: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  frame.writeUInt8(type, 0);
  frame.writeUInt32BE(payload.length, 1);
  payload.copy(frame, HEAD_BYTES);
  return frame;
}

/** @throws Error when the guest announces a payload larger than the protocol allows */
export async function* readFrames(
  stream: AsyncIterable<Buffer>,
): AsyncGenerator<{ type: number; payload: Buffer }> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= HEAD_BYTES) {
      const length = rest.readUInt32BE(1);
      if (length > MAX_PAYLOAD_BYTES)
        throw new Error(`the guest announced a frame of ${length} bytes`);
      if (rest.length < HEAD_BYTES + length) break;
      yield { type: rest.readUInt8(0), payload: rest.subarray(HEAD_BYTES, HEAD_BYTES + length) };
      rest = rest.subarray(HEAD_BYTES + length);
    }
  }
}
