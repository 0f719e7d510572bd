import { z } from 'zod';
import { imageErrors } from './errors.ts';
import type { ImageConfig } from './images.ts';

const strings = z.array(z.string().max(65_536)).max(4096).nullish();

/** What is read of the config blob of an OCI or Docker image; the rest is ignored. */
const configBlob = z.object({
  architecture: z.string().default(''),
  os: z.string().default('linux'),
  variant: z.string().nullish(),
  config: z
    .object({
      Entrypoint: strings,
      Cmd: strings,
      Env: strings,
      User: z.string().nullish(),
      WorkingDir: z.string().nullish(),
      ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
      StopSignal: z.string().nullish(),
      Healthcheck: z
        .object({
          Test: strings,
          Interval: z.number().nullish(),
          Timeout: z.number().nullish(),
          StartPeriod: z.number().nullish(),
          Retries: z.number().nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

/** Names of Node's `process.arch` in OCI images. */
const OCI_ARCHITECTURE: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The architecture of images that this host can boot, in OCI's words. */
export function hostArchitecture(): string {
  return OCI_ARCHITECTURE[process.arch] ?? process.arch;
}

/**
 * Reads the config blob of an image.
 * @throws archive_invalid when it is not one; image_architecture_mismatch when it is for another
 *   processor or operating system than `architecture` on Linux.
 */
export function parseImageConfig(
  blob: string,
  { architecture, subject }: { architecture: string; subject: string },
): ImageConfig {
  const parsed = configBlob.safeParse(parseJson(blob));
  if (!parsed.success)
    throw imageErrors.archive_invalid(`The image config of ${subject} is not valid.`, {
      cause: parsed.error,
    });
  const { os, config } = parsed.data;
  const found = parsed.data.architecture === '' ? architecture : parsed.data.architecture;
  if (os !== 'linux' || found !== architecture)
    throw imageErrors.image_architecture_mismatch(
      `The image of ${subject} is for ${os}/${found}; this host runs linux/${architecture}.`,
    );
  const healthcheck = readHealthcheck(config?.Healthcheck);
  return {
    entrypoint: config?.Entrypoint ?? [],
    cmd: config?.Cmd ?? [],
    env: config?.Env ?? [],
    user: config?.User ?? '',
    workingDir: config?.WorkingDir ?? '',
    exposedPorts: tcpPorts(Object.keys(config?.ExposedPorts ?? {})),
    stopSignal: config?.StopSignal ?? '',
    ...(healthcheck === undefined ? {} : { healthcheck }),
  };
}

type RawHealthcheck = NonNullable<z.infer<typeof configBlob>['config']>['Healthcheck'];

/** Docker's rule: no test, or an empty one, means "as the base image says", that is: none here. */
function readHealthcheck(raw: RawHealthcheck): ImageConfig['healthcheck'] {
  if (raw === null || raw === undefined || (raw.Test ?? []).length === 0) return undefined;
  const ms = (nanoseconds: number | null | undefined) =>
    nanoseconds === null || nanoseconds === undefined || nanoseconds <= 0
      ? undefined
      : Math.max(1, Math.round(nanoseconds / 1e6));
  const intervalMs = ms(raw.Interval);
  const timeoutMs = ms(raw.Timeout);
  const startPeriodMs = ms(raw.StartPeriod);
  const retries = raw.Retries ?? 0;
  return {
    test: raw.Test ?? [],
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(startPeriodMs === undefined ? {} : { startPeriodMs }),
    ...(retries > 0 ? { retries } : {}),
  };
}

/** `8080/tcp`, `8080`, `8000-8002/tcp`; UDP is left out. */
function tcpPorts(keys: readonly string[]): number[] {
  const ports = new Set<number>();
  for (const key of keys) {
    const match = /^(\d+)(?:-(\d+))?(?:\/tcp)?$/.exec(key);
    if (match === null) continue;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    for (let port = first; port <= last && port <= 65_535; port++) if (port > 0) ports.add(port);
  }
  return [...ports].sort((a, b) => a - b);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
