import { open } from 'node:fs/promises';

const READ_BYTES = 64 * 1024;

/** The last lines of swarmd's log, each as a person reads it. */
export async function logTail(path: string, count: number): Promise<string[]> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return [];
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - READ_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, start);
    const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
    return lines
      .filter((line) => line.trim() !== '')
      .slice(-count)
      .map(readable);
  } finally {
    await file.close();
  }
}

/** Of a JSON line, its message and error; anything else as it is. */
function readable(line: string): string {
  try {
    const record = JSON.parse(line) as {
      part?: unknown;
      msg?: unknown;
      err?: { message?: unknown };
      error?: unknown;
    };
    const error = record.err?.message ?? record.error;
    const parts = [record.part, record.msg, error].filter((part) => typeof part === 'string');
    return parts.length === 0 ? line : parts.join(': ');
  } catch {
    return line;
  }
}
