import { run } from '../base/command.ts';
import { outputTail } from './command-outcome.ts';
import { imageErrors } from './errors.ts';
import { hostArchitecture } from './image-config.ts';
import type { ImageTools } from './image-tools.ts';
import type { LayerStorage } from './layer-storage.ts';
import { registryFailure } from './registry-failure.ts';

const PULL_TIMEOUT_MS = 1_800_000;
const INSPECT_TIMEOUT_MS = 60_000;

export interface ImageReference {
  /** As skopeo takes it. */
  readonly transport: string;
  /** As the user wrote it. */
  readonly written: string;
  readonly isRegistry: boolean;
  /** Plain HTTP and unverified certificates are accepted of loopback, as Docker does. */
  readonly isLoopback: boolean;
  /** The digest in the reference, where it has one. */
  readonly digest?: string;
}

/** Reads `name:tag`, `registry/name@sha256:…` or `docker-daemon:name:tag`. Pure. */
export function parseReference(written: string): ImageReference {
  const invalid = () =>
    imageErrors.image_reference_invalid(`"${written}" is not the name of an image.`);
  const daemon = /^docker-daemon:(.+)$/.exec(written)?.[1];
  const name = daemon ?? written.replace(/^docker:\/\//, '');
  if (!/^[a-zA-Z0-9[][\w.:/@[\]-]*$/.test(name) || name.includes('//')) throw invalid();
  const digest = /@(sha256:[0-9a-f]{64})$/.exec(name)?.[1];
  if (name.includes('@') && digest === undefined) throw invalid();
  // skopeo takes a tag or a digest, not both; the digest says more.
  const untagged = digest === undefined ? name : name.replace(/(:[\w][\w.-]{0,127})?@/, '@');
  const tagged = digest !== undefined || /:[\w.-]+$/.test(name) ? untagged : `${untagged}:latest`;
  const host = /^(\[[^\]]+\]|[^:/]+)(:\d+)?\//.exec(name)?.[1] ?? '';
  return {
    transport: daemon === undefined ? `docker://${tagged}` : `docker-daemon:${tagged}`,
    written,
    isRegistry: daemon === undefined,
    isLoopback: /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host),
    ...(digest === undefined ? {} : { digest }),
  };
}

/**
 * The digest of what a registry has under that name now: of the list of architectures, where it is
 * one. @throws what `registryFailure` makes of skopeo's words
 */
export async function currentDigest(
  reference: ImageReference,
  { tools, signal }: { tools: ImageTools; signal: AbortSignal },
): Promise<string> {
  const args = ['inspect', '--raw', ...tls(reference, 'tls-verify'), reference.transport];
  const outcome = await tools.run('sh', ['-c', DIGEST_SCRIPT, 'sh', ...args], {
    timeoutMs: INSPECT_TIMEOUT_MS,
    signal,
  });
  if (outcome.exitCode !== 0) throw registryFailure(outcome, reference.written);
  return `sha256:${outcome.stdout.trim().slice(0, 64)}`;
}

/** The digest is that of the very bytes, so they are not passed through us as text. */
const DIGEST_SCRIPT = `file=$(mktemp) && trap 'rm -f "$file"' EXIT && skopeo "$@" > "$file" && sha256sum < "$file"`;

/** Copies an image into the storage under `name`; layers that are there are not fetched. */
export async function copyImage(
  from: { transport: string; written: string; reference?: ImageReference },
  options: {
    tools: ImageTools;
    storage: LayerStorage;
    name: string;
    workDir: string;
    signal: AbortSignal;
    onLog: (line: string) => void;
  },
): Promise<void> {
  const outcome = await options.tools.run(
    'skopeo',
    [
      ...['--tmpdir', options.workDir, '--override-os', 'linux'],
      ...['--override-arch', hostArchitecture(), 'copy'],
      ...(from.reference === undefined ? [] : tls(from.reference, 'src-tls-verify')),
      ...[from.transport, options.storage.reference(options.name)],
    ],
    {
      timeoutMs: PULL_TIMEOUT_MS,
      signal: options.signal,
      env: { TMPDIR: options.workDir },
      onLine: (line) => options.onLog(line),
    },
  );
  if (outcome.exitCode === 0) return;
  if (from.reference !== undefined) throw registryFailure(outcome, from.written);
  const output = outputTail(outcome);
  throw imageErrors.archive_invalid(`${from.written} is not a complete image.`, {
    details: { output },
  });
}

function tls(reference: ImageReference, option: string): string[] {
  return reference.isLoopback ? [`--${option}=false`] : [];
}

/**
 * What kind of archive a file is, by its names: `docker save` writes manifest.json, OCI index.json.
 * @returns skopeo's transport. @throws archive_invalid
 */
export async function detectArchive(
  path: string,
  { written, signal }: { written: string; signal: AbortSignal },
): Promise<'docker-archive' | 'oci-archive'> {
  const listed = await run('tar', ['--list', '--file', path], { timeoutMs: 300_000, signal });
  const names = new Set(listed.stdout.split('\n').map((name) => name.replace(/^\.\//, '')));
  // Newer Docker writes both; its own manifest names the tags.
  if (listed.exitCode === 0 && names.has('manifest.json')) return 'docker-archive';
  if (listed.exitCode === 0 && names.has('index.json')) return 'oci-archive';
  throw imageErrors.archive_invalid(
    listed.exitCode === 0
      ? `${written} has neither a manifest.json nor an index.json, so it is not an image.`
      : `${written} is not a complete tar archive.`,
    { details: { output: outputTail(listed) } },
  );
}
