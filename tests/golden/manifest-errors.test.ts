import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import pc from 'picocolors';
import { SwarmError } from '../../src/base/errors.ts';
import { parseManifest, readManifestFile } from '../../src/cli/manifest/manifest-file.ts';
import { errorText } from '../../src/cli/output/error-text.ts';
import { localSource } from '../../src/cli/source/local-source.ts';
import { assertGolden } from './golden-file.ts';

const HEAD = 'apiVersion: swarm/v1\nkind: Agent\nmetadata:\n  name: desk\n';

/** Bad files, by the name of the golden file that keeps what is said of them. */
const BAD: Readonly<Record<string, string | Buffer>> = {
  'unknown-key': `${HEAD}spec:\n  image: desk:1\n  helth:\n    path: /healthz\n`,
  'unknown-key-unlike-any': `${HEAD}spec:\n  image: desk:1\n  zzz: 1\n`,
  'unknown-key-inside-a-form': `${HEAD}spec:\n  git:\n    url: https://example.com/x.git\n    reff: main\n`,
  'two-sources': `${HEAD}spec:\n  image: desk:1\n  build: .\n`,
  'many-problems': `apiVersion: swarm/v2\nkind: agent\nmetadata:\n  name: My Desk\nspec:\n  image: a\n  git: b\n  replicas: 10000\n  port: 99999\n  env:\n    A-B: 1\n  resources:\n    memory: lots\n  restart: alway\n  health:\n    interval: 5\n`,
  'zero-port': `${HEAD}spec:\n  image: desk:1\n  port: 0\n`,
  'missing-name': 'apiVersion: swarm/v1\nkind: Agent\nmetadata: {}\nspec:\n  build: .\n',
  'wrong-type': `${HEAD}spec:\n  image: [desk]\n  command: serve\n`,
  'not-a-mapping': '- just\n- a list\n',
  'duplicate-key': `${HEAD}spec:\n  image: desk:1\n  image: desk:2\n`,
  tab: `${HEAD}spec:\n\timage: desk:1\n`,
  'bad-indentation': `${HEAD}spec:\n  image: desk:1\n port: 80\n`,
  'unclosed-quote': `${HEAD}spec:\n  image: "desk:1\n`,
  'two-documents': `${HEAD}spec:\n  image: desk:1\n---\n${HEAD}spec:\n  image: desk:2\n`,
  empty: '',
  'only-comments': '# nothing here\n',
  'alias-bomb': `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
  'unknown-alias': `${HEAD}spec:\n  image: *missing\n`,
  'not-utf8': Buffer.from(`${HEAD}spec:\n  image: "caf\u00e9"\n`, 'latin1'),
  utf16: Buffer.from(`\ufeff${HEAD}`, 'utf16le'),
  'too-large': Buffer.alloc(300 * 1024, '#'),
  'missing-build-folder': `${HEAD}spec:\n  build: ./nowhere\n`,
  'missing-dockerfile': `${HEAD}spec:\n  build:\n    context: .\n    dockerfile: Dockerfil\n`,
  'dockerfile-outside': `${HEAD}spec:\n  build:\n    dockerfile: ../Dockerfile\n`,
  'missing-archive': `${HEAD}spec:\n  image: docker-archive:desk.tar\n`,
  'not-an-oci-layout': `${HEAD}spec:\n  image: oci:.\n`,
  'long-line': `${HEAD}spec:\n  image: desk:1\n  env: { ${Array.from({ length: 20 }, (_, i) => `V${i}: value`).join(', ')}, A-B: 1 }\n`,
  'egress-rules': `${HEAD}spec:\n  image: desk:1\n  egress:\n    mode: audti\n    allow:\n      - https://api.example.com/v1\n      - "*"\n      - "*.com"\n      - bücher.example\n      - host: 10.0.0.1\n        port: 443\n      - host: a.example.com\n        ranges: [0.0.0.0/0]\n        paths: [v1, /a/../b]\n      - host: b.example.com\n        methods: [get]\n        intercept: false\n      - api.example.com:99999\n`,
  'control-characters': `${HEAD}spec:\n  image: desk:1\n  "\\e[31mred": 1\n`,
};

for (const [name, content] of Object.entries(BAD)) {
  test(`bad agent.yaml: ${name}`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'swarm-manifest-'));
    try {
      await writeFile(join(folder, 'agent.yaml'), content);
      const error = await readManifestFile('agent.yaml', folder)
        .then(localSource)
        .then(
          () => assert.fail('it was accepted'),
          (thrown: unknown) => thrown,
        );
      assert.ok(error instanceof SwarmError, String(error));
      const text = errorText(error, pc.createColors(false)).replaceAll(folder, 'FOLDER');
      assertGolden(`tests/golden/manifest-errors/${name}.txt`, text);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

test('a missing file is told with the one that is probably meant', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-manifest-'));
  try {
    await assert.rejects(readManifestFile('agent.yaml', folder), {
      code: 'manifest_not_found',
      message: 'there is no file agent.yaml',
    });
    await writeFile(join(folder, 'agent.yml'), HEAD);
    await assert.rejects(readManifestFile('agent.yaml', folder), {
      remedy: 'There is agent.yml: swarm deploy --agent agent.yml',
    });
    await assert.rejects(readManifestFile('.', folder), { code: 'manifest_unreadable' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('anchors that mean little, a byte order mark and CRLF are accepted', () => {
  const text = `\ufeff${HEAD}spec:\n  image: desk:1\n  env: { A: &v x, B: *v }\n`;
  const { manifest } = parseManifest('agent.yaml', text.replaceAll('\n', '\r\n'));
  assert.deepEqual(manifest.spec.env, { A: 'x', B: 'x' });
});

test('whatever the text, either a manifest or an error that can be expected', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'spec:',
      '  image: a',
      '  env: {',
      '}',
      '- &a b',
      '*a',
      '---',
      '%YAML 1.1',
      '"',
      '\t',
      '? x',
    ),
    fc.string({ maxLength: 30 }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      try {
        parseManifest('agent.yaml', lines.join('\n'));
      } catch (error) {
        assert.ok(error instanceof SwarmError, String((error as Error).stack));
      }
    }),
    { numRuns: 500 },
  );
});
