/** What lies on disk after the load: its size, and how long the offline verifier takes over it. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../../src/base/command.ts';
import type { BenchContext } from '../bench.ts';

export async function benchDisk(
  context: BenchContext,
  { audit, size }: { audit: string; size: number },
): Promise<void> {
  const bytes = { segments: 0, tiles: 0, index: 0 };
  for (const { path, length } of await filesBelow(join(audit, 'default'))) {
    if (path.includes('/segments/')) bytes.segments += length;
    else if (path.includes('/tile/')) bytes.tiles += length;
    else bytes.index += length;
  }
  for (const [part, total] of Object.entries(bytes))
    context.report({ name: `audit.disk.${part}_per_event`, unit: 'bytes', values: [total / size] });
}

async function filesBelow(folder: string): Promise<{ path: string; length: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path, length: (await stat(path)).size };
    }),
  );
}

const VERIFY_TIMEOUT_MS = 1_800_000;
/** The target is for ten million: a minute. */
const TARGET_PER_MILLION_S = 6;

export async function benchVerify(
  context: BenchContext,
  { audit, size }: { audit: string; size: number },
): Promise<void> {
  context.say(`verify: ${size} entries`);
  const program = join(import.meta.dirname, '../../verifier/verify.ts');
  const startedMs = performance.now();
  const result = await run(process.execPath, [program, audit, '--key', join(audit, 'key.pub')], {
    timeoutMs: VERIFY_TIMEOUT_MS,
    signal: context.signal,
  });
  const seconds = (performance.now() - startedMs) / 1_000;
  if (result.exitCode !== 0)
    throw new Error(
      `the verifier found something: ${(result.stdout + result.stderr).slice(0, 500)}`,
    );
  context.report({
    ...{ name: 'audit.verify.per_million', unit: 's', values: [(seconds / size) * 1e6] },
    ...{
      target: { atMost: TARGET_PER_MILLION_S },
      note: `${size} entries in ${seconds.toFixed(1)} s`,
    },
  });
}
