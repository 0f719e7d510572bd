import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../base/command.ts';
import { SwarmError } from '../../base/errors.ts';
import { bootErrors } from './errors.ts';

const GUEST_SOURCES = fileURLToPath(new URL('../../../guest', import.meta.url));
/** A first build compiles Go's standard library too: minutes on a slow machine. */
const BUILD_TIMEOUT_MS = 600_000;

/** SHA-256 over what guestd is built from: Go sources without tests, and go.mod. */
export async function guestdSourceDigest(): Promise<string> {
  const names = (await readdir(GUEST_SOURCES, { recursive: true })).filter(
    (name) => (name.endsWith('.go') && !name.endsWith('_test.go')) || name === 'go.mod',
  );
  const hash = createHash('sha256');
  for (const name of names.toSorted()) {
    const content = await readFile(join(GUEST_SOURCES, name));
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * Builds guestd as a static program for Linux on x86-64; the same sources and compiler give the
 * same bytes.
 * @throws boot_go_missing, boot_guestd_failed
 */
export async function buildGuestd(options: {
  outPath: string;
  signal?: AbortSignal;
}): Promise<void> {
  const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w -buildid='];
  try {
    const result = await run('go', [...args, '-o', options.outPath, '.'], {
      cwd: GUEST_SOURCES,
      env: {
        ...process.env,
        CGO_ENABLED: '0',
        GOOS: 'linux',
        GOARCH: 'amd64',
        GOAMD64: 'v1',
        GOFLAGS: '',
        GOWORK: 'off',
        GOTOOLCHAIN: 'local',
        GOPROXY: 'off',
      },
      timeoutMs: BUILD_TIMEOUT_MS,
      ...(options.signal && { signal: options.signal }),
    });
    if (result.exitCode === 0) return;
    const output = result.stderr.trim().slice(-2000);
    throw bootErrors.boot_guestd_failed(`guestd does not compile: ${output}`);
  } catch (cause) {
    if (!(cause instanceof SwarmError) || cause.code !== 'command_missing') throw cause;
    throw bootErrors.boot_go_missing(
      'guestd needs the Go compiler once, and it is not installed.',
      {
        cause,
      },
    );
  }
}
