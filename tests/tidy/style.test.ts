/** Style is a test: what is forbidden, and what to write instead. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { exists, files, ROOT, read } from './tree.ts';

const typescript = files.filter((path) => /^(src|bench|scripts|tests)\/.*\.tsx?$/.test(path));
const source = typescript.filter((path) => path.startsWith('src/') && !path.endsWith('.test.ts'));

test('a word means one thing: no vm, sandbox, instance, utils, helper, manager as identifiers', () => {
  const instead: Record<string, string> = {
    vm: 'machine',
    sandbox: 'machine',
    instance: 'machine or replica',
    utils: 'a file named after what it exports',
    helper: 'a file named after what it exports',
    helpers: 'a file named after what it exports',
    manager: 'what it does',
  };
  const wrong: string[] = [];
  // Firecracker's API has words of its own, and QEMU's options too.
  const theirs = /^src\/machines\/firecracker\/api-client\.ts$/;
  for (const path of source.filter((file) => !theirs.test(file))) {
    const code = read(path)
      .replace(/\/\*[\s\S]*?\*\//g, '')
      .replace(/\/\/.*$/gm, '')
      .replace(
        /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/(?:[^/\\\n]|\\.)+\/[a-z]*/g,
        "''",
      );
    for (const [, name] of code.matchAll(
      /\b(?:const|let|function|class|interface|type)\s+(\w+)/g,
    )) {
      const words = (name ?? '')
        .replace(/([a-z])([A-Z])/g, '$1 $2')
        .toLowerCase()
        .split(/[\s_]+/);
      for (const word of words)
        if (Object.hasOwn(instead, word)) wrong.push(`${path}: ${name}; write ${instead[word]}`);
    }
    const file = basename(path, '.ts').split('-');
    for (const word of file)
      if (Object.hasOwn(instead, word)) wrong.push(`${path}; write ${instead[word]}`);
  }
  assert.deepEqual(wrong, []);
});

test('source files are short: at most 450 lines', () => {
  const long = source.filter((path) => read(path).split('\n').length > 450);
  assert.deepEqual(long, []);
});

test('no dead files: each source file is imported, or an entry point', () => {
  const imported = new Set<string>();
  const launcher = files
    .filter((path) => path === 'swarm' || path.startsWith('launcher/') || path.endsWith('.html'))
    .map(read);
  for (const path of typescript)
    for (const [, target] of read(path).matchAll(/(?:from|import\(|import|URL\()\s*'(\.[^']+)'/g))
      imported.add(normalize(join(dirname(path), target ?? '')));
  const dead = source.filter(
    (path) =>
      !imported.has(path) &&
      !launcher.some((text) => text.includes(path) || text.includes(`"/${basename(path)}"`)) &&
      !typescript.some(
        (other) => other !== path && read(other).includes(path.split('/').slice(-2).join('/')),
      ),
  );
  assert.deepEqual(dead, []);
});

test('no marks of unfinished work', () => {
  const mark = new RegExp(`\\b(${['TO', 'DO|FIX', 'ME|XX', 'X'].join('')})\\b`);
  const marked = files.filter(
    (path) => /^(src|guest|launcher|bench|scripts)\//.test(path) && mark.test(read(path)),
  );
  assert.deepEqual(marked, []);
});

test('no tests are left behind a .only', () => {
  const only = typescript.filter((path) => /\b(test|it|describe)\.only\(/.test(read(path)));
  assert.deepEqual(only, []);
});

test('no file is over 400 KB, and no registry host is named', () => {
  const large = files.filter((path) => statSync(join(ROOT, path)).size > 400_000);
  assert.deepEqual(large, []);
  const host = new RegExp(
    ['registry\\.npm', 'js|deb\\.deb', 'ian|pypi\\.o', 'rg|proxy\\.go', 'lang'].join(''),
  );
  const naming = files.filter((path) => !path.endsWith('.png') && host.test(read(path)));
  assert.deepEqual(naming, []);
});

test('every test file is where the check runs it', () => {
  const strays = files.filter(
    (path) =>
      /\.test\.(ts|mjs|js)$/.test(path) &&
      !/^(src|bench|launcher|verifier|tests\/(tidy|golden|integration|e2e|browser|kvm)|examples\/[\w-]+\/src)\//.test(
        path,
      ),
  );
  assert.deepEqual(strays, []);
});

test('every link in the documentation leads somewhere', () => {
  const broken: string[] = [];
  for (const path of files.filter((file) => file.endsWith('.md')))
    for (const [, target] of read(path).matchAll(
      /\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g,
    ))
      if (!exists(normalize(join(dirname(path), target ?? '')))) broken.push(`${path}: ${target}`);
  assert.deepEqual(broken, []);
});
