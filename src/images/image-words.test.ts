import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SwarmError } from '../base/errors.ts';
import { buildVariables, npmrcOf } from './build-mount.ts';
import { withCaArguments } from './dockerfile-arguments.ts';
import { checkUrl, shownUrl } from './git-clone.ts';
import { parseImageConfig } from './image-config.ts';
import { parseReference } from './image-sources.ts';
import { registryFailure } from './registry-failure.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test('references of images', () => {
  const transports: readonly [string, string][] = [
    ['nginx', 'docker://nginx:latest'],
    ['registry.example.com:5000/a/b', 'docker://registry.example.com:5000/a/b:latest'],
    ['registry.example.com:5000/a/b:1.2', 'docker://registry.example.com:5000/a/b:1.2'],
    [`a/b@${DIGEST}`, `docker://a/b@${DIGEST}`],
    [`a/b:1@${DIGEST}`, `docker://a/b@${DIGEST}`],
    ['docker-daemon:a:1', 'docker-daemon:a:1'],
    ['docker://a:1', 'docker://a:1'],
  ];
  for (const [written, transport] of transports)
    assert.equal(parseReference(written).transport, transport);
  assert.equal(parseReference(`a@${DIGEST}`).digest, DIGEST);
  assert.ok(parseReference('127.0.0.1:5000/a').isLoopback);
  assert.ok(parseReference('localhost:5000/a').isLoopback);
  assert.ok(!parseReference('127.evil.example.com/a').isLoopback);
  for (const bad of ['', '-a', 'a b', 'a@sha256:12', 'dir:/etc', 'a//b', '--tls', 'oci:/x', '$(x)'])
    if (bad !== 'dir:/etc' && bad !== 'oci:/x')
      assert.throws(() => parseReference(bad), { code: 'image_reference_invalid' }, bad);
});

test('what skopeo says about a failure', () => {
  const cases: readonly [string, string][] = [
    [
      'reading manifest 1 in h/a: unauthorized: authentication required',
      'registry_credentials_refused',
    ],
    [
      'errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required',
      'registry_credentials_refused',
    ],
    [
      'reading manifest 1 in h/a: denied: requested access to the resource is denied',
      'image_access_denied',
    ],
    ['reading manifest 1 in h/a: StatusCode: 403', 'image_access_denied'],
    ['reading manifest 1 in h/a: manifest unknown: manifest unknown', 'image_not_found'],
    ['reading manifest 1 in h/a: name unknown: x', 'image_not_found'],
    [
      'pinging container registry h: Get "https://h/v2/": dial tcp: lookup h: no such host',
      'registry_unreachable',
    ],
    ['pinging container registry h: StatusCode: 404, <html>', 'registry_unreachable'],
    [
      'received unexpected HTTP status: 503 Service Unavailable: status code 503',
      'registry_unreachable',
    ],
    ['no image found in manifest list for architecture arm64', 'image_architecture_mismatch'],
    ['something else', 'image_pull_failed'],
  ];
  for (const [stderr, code] of cases)
    assert.equal(registryFailure({ stdout: '', stderr }, 'h/a:1').code, code, stderr);
});

test('URLs of Git', () => {
  for (const good of [
    'https://example.com/a/b.git',
    'http://127.0.0.1:8080/a',
    'ssh://git@example.com:22/a/b',
    'git@example.com:a/b.git',
    'file:///srv/a.git',
  ])
    checkUrl(good);
  for (const bad of [
    'ext::sh -c id',
    'ext::sh',
    'git::https://example.com/a',
    '--upload-pack=id',
    '/srv/a.git',
    'ssh://-oProxyCommand=id/a',
    'ssh://git@-oProxyCommand=id/a',
    'https://token@example.com/a',
    'https://u:p@example.com/a',
    'https://example.com/a\nb',
    'git@example.com:-x',
    '-x@example.com:a',
    '',
  ])
    assert.throws(() => checkUrl(bad), { code: 'git_url_invalid' }, bad);
  assert.equal(shownUrl('https://u:p@example.com/a@b'), 'https://example.com/a@b');
});

test('the config of an image', () => {
  const blob = (config: object, rest = {}) =>
    JSON.stringify({ architecture: 'amd64', os: 'linux', config, ...rest });
  const parse = (text: string) => parseImageConfig(text, { architecture: 'amd64', subject: 'x' });
  assert.deepEqual(
    parse(
      blob({
        Entrypoint: null,
        ExposedPorts: { '9/tcp': {}, '8': {}, '7/udp': {}, '20-22/tcp': {}, '99999/tcp': {} },
      }),
    ),
    {
      entrypoint: [],
      cmd: [],
      env: [],
      user: '',
      workingDir: '',
      exposedPorts: [8, 9, 20, 21, 22],
      stopSignal: '',
    },
  );
  assert.deepEqual(parse(blob({ Healthcheck: { Test: ['NONE'] } })).healthcheck, {
    test: ['NONE'],
  });
  assert.equal(parse(blob({ Healthcheck: { Interval: 1 } })).healthcheck, undefined);
  assert.deepEqual(
    parse(
      blob({
        Healthcheck: { Test: ['CMD', 'x'], Interval: 1_500_000_000, Retries: 0, Timeout: 1 },
      }),
    ).healthcheck,
    { test: ['CMD', 'x'], intervalMs: 1500, timeoutMs: 1 },
  );
  assert.throws(() => parse(blob({}, { architecture: 'arm64' })), {
    code: 'image_architecture_mismatch',
  });
  assert.throws(() => parse(blob({}, { os: 'windows' })), { code: 'image_architecture_mismatch' });
  for (const bad of ['', '[]', '{"config":{"Env":[1]}}'])
    assert.throws(
      () => parse(bad),
      (error) => error instanceof SwarmError && error.code === 'archive_invalid',
    );
});

test('certificates reach every stage of a Dockerfile, and nothing but FROM', () => {
  const written = withCaArguments(
    '# FROM no\nARG V=1\nFROM a:$V AS x\nRUN echo \\\n  FROM me\nRUN <<EOF\nFROM here\nEOF\nfrom b\nCOPY . .\n',
    '/ca',
  );
  const lines = written.split('\n');
  const added = lines.flatMap((line, i) =>
    line.startsWith('ARG SSL_CERT_FILE=/ca ') ? [lines[i - 1]] : [],
  );
  assert.deepEqual(added, ['FROM a:$V AS x', 'from b']);
});

test('a build inherits indexes and proxies of the host, and no path or other variable', () => {
  const environment = {
    PIP_INDEX_URL: 'https://u:p@example.com/simple',
    PIP_CERT: '/host/ca.pem',
    PIP_TARGET: '/host',
    UV_DEFAULT_INDEX: 'https://example.com',
    https_proxy: 'http://proxy:3128',
    AWS_SECRET_ACCESS_KEY: 'x',
    npm_config_registry: 'https://example.com/npm',
    NPM_CONFIG_STRICT_SSL: 'false',
    npm_config_cache: '/host/cache',
    'npm_config_//example.com/:_authToken': 't',
    'npm_config_@team:registry': 'https://example.com/team',
  };
  const variables = buildVariables(environment, { hasCaBundle: true });
  assert.equal(variables.PIP_INDEX_URL, environment.PIP_INDEX_URL);
  assert.equal(variables.PIP_CERT, '/run/swarm-build/ca.crt');
  assert.equal(variables.https_proxy, 'http://proxy:3128');
  assert.equal(variables.UV_DEFAULT_INDEX, 'https://example.com');
  assert.ok(!('PIP_TARGET' in variables) && !('AWS_SECRET_ACCESS_KEY' in variables));
  assert.ok(!('SSL_CERT_FILE' in buildVariables({}, { hasCaBundle: false })));
  assert.deepEqual(npmrcOf(environment).trim().split('\n'), [
    'registry=https://example.com/npm',
    'strict-ssl=false',
    '//example.com/:_authToken=t',
    '@team:registry=https://example.com/team',
  ]);
});
