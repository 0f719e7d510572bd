import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUILD_MOUNT } from './layer-storage.ts';

/** Settings of package indexes that a build inherits from the host; never paths of the host. */
const PIP_SETTING =
  /^PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|DEFAULT_TIMEOUT|TIMEOUT|RETRIES|NO_INDEX)$/;
const UV_SETTING =
  /^UV_(INDEX|DEFAULT_INDEX|INDEX_URL|EXTRA_INDEX_URL|INSECURE_HOST|NATIVE_TLS|HTTP_TIMEOUT|INDEX_\w+_(USERNAME|PASSWORD))$/;
const NPM_SETTING =
  /^npm_config_(registry|strict[-_]ssl|fetch[-_]\w+|proxy|https[-_]proxy|noproxy|maxsockets|@[^:]+:registry|\/\/.+)$/i;
const PROXY_SETTING = /^(https?_proxy|no_proxy|all_proxy)$/i;

const CA_VARIABLES = [
  ...['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'PIP_CERT', 'REQUESTS_CA_BUNDLE'],
  ...['CURL_CA_BUNDLE', 'GIT_SSL_CAINFO', 'npm_config_cafile'],
];

/** Prints the dependencies of a pyproject.toml, one a line. */
const DEPENDENCIES_PY = `import sys, tomllib
with open(sys.argv[1], "rb") as f:
    project = tomllib.load(f).get("project", {})
print("\\n".join(project.get("dependencies", [])))
`;

/** The variables for RUN steps, as names and values. Pure. */
export function buildVariables(
  environment: NodeJS.ProcessEnv,
  { hasCaBundle }: { hasCaBundle: boolean },
): Record<string, string> {
  const variables: Record<string, string> = {
    npm_config_cache: `${BUILD_MOUNT}/npm-cache`,
    npm_config_userconfig: `${BUILD_MOUNT}/npmrc`,
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_logs_max: '0',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_ROOT_USER_ACTION: 'ignore',
  };
  if (hasCaBundle) for (const name of CA_VARIABLES) variables[name] = `${BUILD_MOUNT}/ca.crt`;
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && [PIP_SETTING, UV_SETTING, PROXY_SETTING].some((of) => of.test(name)))
      variables[name] = value;
  return variables;
}

/** NPM_CONFIG_* as lines of an .npmrc: their names, such as those of tokens, are not a shell's. */
export function npmrcOf(environment: NodeJS.ProcessEnv): string {
  return Object.entries(environment)
    .filter(([name, value]) => value !== undefined && NPM_SETTING.test(name))
    .map(([name, value]) => {
      const key = name.slice('npm_config_'.length);
      // npm's own reading of such names: lower case with dashes, except for hosts and scopes.
      const written = /^(\/\/|@)/.test(key) ? key : key.toLowerCase().replaceAll('_', '-');
      return `${written}=${value?.replaceAll(/[\r\n]/g, '')}\n`;
    })
    .join('');
}

export interface BuildMountOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly caBundlePath: string | undefined;
}

/**
 * Fills the folder that RUN steps see, read-only, as BUILD_MOUNT: what the host knows about
 * proxies, indexes and certificates, and npm. It is mounted, so none of it is in any layer.
 */
export async function writeBuildMount(folder: string, options: BuildMountOptions): Promise<void> {
  for (const name of ['bin', 'npm', 'npm-cache'])
    await mkdir(join(folder, name), { recursive: true, mode: 0o755 });
  const { caBundlePath } = options;
  if (caBundlePath !== undefined) await copyFile(caBundlePath, join(folder, 'ca.crt'));
  const variables = buildVariables(options.environment, {
    hasCaBundle: caBundlePath !== undefined,
  });
  const lines = Object.entries(variables).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
  );
  lines.push(`export PATH="${BUILD_MOUNT}/bin:$PATH"`, '');
  await writeFile(join(folder, 'environment'), lines.join('\n'));
  await writeFile(join(folder, 'npmrc'), npmrcOf(options.environment));
  await writeFile(join(folder, 'dependencies.py'), DEPENDENCIES_PY);
  for (const [name, program] of [
    ['npm', 'npm-cli.js'],
    ['npx', 'npx-cli.js'],
  ] as const)
    await writeFile(
      join(folder, 'bin', name),
      `#!/bin/sh\nexec node ${BUILD_MOUNT}/npm/bin/${program} "$@"\n`,
      { mode: 0o755 },
    );
}
