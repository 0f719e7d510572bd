import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseManifest } from '../manifest/manifest-file.ts';
import { localSource } from './local-source.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarm-source-'));
  await mkdir(join(folder, 'layout'));
  await writeFile(join(folder, 'layout/oci-layout'), '{}');
  await writeFile(join(folder, 'desk.tar'), 'x');
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch');
});
after(() => rm(folder, { recursive: true, force: true }));

function sourceOf(spec: object) {
  const manifest = { apiVersion: 'swarm/v1', kind: 'Agent', metadata: { name: 'desk' }, spec };
  return localSource({ ...parseManifest('agent.yaml', JSON.stringify(manifest)), folder });
}

test('names of images go to swarmd as they are', async () => {
  for (const reference of ['desk', 'desk:1', 'localhost:5000/a/b@sha256:0', 'docker-daemon:desk:1'])
    assert.deepEqual(await sourceOf({ image: reference }), {
      type: 'ready',
      source: { type: 'image', reference },
    });
});

test('archives and layouts are files and folders of this machine', async () => {
  const archive = { type: 'archive', path: join(folder, 'desk.tar') };
  for (const image of [
    'docker-archive:desk.tar',
    './desk.tar',
    'desk.tar',
    join(folder, 'desk.tar'),
  ])
    assert.deepEqual(await sourceOf({ image }), {
      ...archive,
      name: image.replace('docker-archive:', ''),
    });
  for (const image of ['oci:layout', 'oci:layout:latest', './layout'])
    assert.equal((await sourceOf({ image })).type, 'oci-layout');
});

test('a repository, in both forms', async () => {
  const url = 'https://example.com/desk.git';
  assert.deepEqual(await sourceOf({ git: url }), { type: 'ready', source: { type: 'git', url } });
  assert.deepEqual(
    await sourceOf({ git: { url, ref: 'v1', path: './agent', runtime: 'python' } }),
    {
      type: 'ready',
      source: { type: 'git', url, ref: 'v1', path: 'agent', build: { runtime: 'python' } },
    },
  );
});

test('a folder: as text, with options, or the one that agent.yaml is in', async () => {
  const here = { type: 'folder', path: folder, name: folder, build: {} };
  assert.deepEqual(await sourceOf({ build: '.' }), here);
  assert.deepEqual(await sourceOf({}), here);
  assert.deepEqual(await sourceOf({ build: { dockerfile: './Dockerfile', target: 'run' } }), {
    ...here,
    build: { dockerfile: 'Dockerfile', target: 'run' },
  });
});
