import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BY, callerOf, keyOf, openSecretsStage, type SecretsStage, USE } from './secrets-stage.ts';

const env = { KEY: '$'.concat('{SECRET_API_KEY}') };

async function stageWithSecret(t: TestContext): Promise<SecretsStage> {
  const stage = await openSecretsStage(t);
  await stage.secrets.create(keyOf('API_KEY'), { value: 'hunter2', use: USE, ...BY });
  return stage;
}

/** What a machine's placeholder stands for now. */
async function readBack({ secrets }: SecretsStage): Promise<string | undefined> {
  const resolved = await secrets.environment.resolve(callerOf('mch_1'), env);
  return secrets.placeholders.resolve('mch_1', resolved.env.KEY ?? '')?.value;
}

async function keysInFile(path: string): Promise<string[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.flatMap((line) => /^swarm-root-key-v1 (\w{16}) \w{64}$/.exec(line)?.[1] ?? []);
}

const failsWith = (code: string, message: RegExp) => (error: Error & { code?: string }) => {
  assert.equal(error.code, code);
  assert.match(error.message, message);
  return true;
};

test('a root key is made once, for its owner only, and opens what it sealed', async (t) => {
  const stage = await openSecretsStage(t);
  const made = await readFile(stage.rootKeyPath, 'utf8');
  assert.match(made, /^# [^\n]+\n# [^\n]+\nswarm-root-key-v1 [0-9a-f]{16} [0-9a-f]{64}\n$/);
  assert.equal((await stat(stage.rootKeyPath)).mode & 0o777, 0o600);
  await stage.secrets.create(keyOf('API_KEY'), { value: 'hunter2', use: USE, ...BY });
  await stage.reopen();
  assert.equal(await readBack(stage), 'hunter2');
  assert.equal(await readFile(stage.rootKeyPath, 'utf8'), made);
});

test('without secrets a lost root key is made anew; with them it is missed', async (t) => {
  const stage = await openSecretsStage(t);
  await rm(stage.rootKeyPath);
  await stage.reopen();
  await stage.secrets.create(keyOf('API_KEY'), { value: 'hunter2', use: USE, ...BY });
  const copy = await readFile(stage.rootKeyPath);
  await rm(stage.rootKeyPath);
  await assert.rejects(stage.reopen(), failsWith('root_key_missing', /root\.key is not there/));
  await writeFile(stage.rootKeyPath, copy, { mode: 0o600 });
  await stage.reopen();
  assert.equal(await readBack(stage), 'hunter2');
});

test('a root key that others can reach is refused until its mode is right', async (t) => {
  const stage = await stageWithSecret(t);
  for (const mode of [0o640, 0o604, 0o620, 0o777]) {
    await chmod(stage.rootKeyPath, mode);
    await assert.rejects(stage.reopen(), failsWith('root_key_too_open', /0600/));
  }
  await chmod(stage.rootKeyPath, 0o400);
  await stage.reopen();
});

test('what is no root key is refused, and the message shows nothing of it', async (t) => {
  const stage = await stageWithSecret(t);
  const good = await readFile(stage.rootKeyPath, 'utf8');
  const hex = /[0-9a-f]{64}/.exec(good)?.[0] ?? '';
  const other = `${hex.startsWith('0') ? '1' : '0'}${hex.slice(1)}`;
  const cases: [string, RegExp][] = [
    ['', /holds no key/],
    ['# only a comment\n', /holds no key/],
    [hex, /line 1 is not/],
    [good.slice(0, -9), /line 3 is not/],
    [good.replace('-v1', '-v2'), /newer Swarm/],
    [good.replace(hex, other), /line 3 does not belong to its id/],
    [good + '#'.repeat(20_000), /more than 16384 bytes/],
  ];
  for (const [text, message] of cases) {
    await writeFile(stage.rootKeyPath, text);
    await assert.rejects(stage.reopen(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'root_key_unreadable', text);
      assert.match(error.message, message);
      assert.ok(!error.message.includes(hex.slice(0, 8)));
      return true;
    });
  }
  await rm(stage.rootKeyPath);
  await mkdir(stage.rootKeyPath);
  await assert.rejects(stage.reopen(), failsWith('root_key_unreadable', /not a file|EISDIR/));
  await rm(stage.rootKeyPath, { recursive: true });
  await symlink(stage.rootKeyPath, stage.rootKeyPath);
  await assert.rejects(stage.reopen(), failsWith('root_key_unreadable', /ELOOP/));
});

test('the root key of another database is refused', async (t) => {
  const stage = await stageWithSecret(t);
  const other = await stageWithSecret(t);
  await writeFile(stage.rootKeyPath, await readFile(other.rootKeyPath));
  await assert.rejects(stage.reopen(), failsWith('root_key_wrong', /is not the one/));
});

test('a damaged workspace key is said to be damaged', async (t) => {
  const stage = await stageWithSecret(t);
  const [row] = await stage.store.secrets.workspaceKeys();
  assert.ok(row);
  const bytes = Buffer.from(row.wrappedKey, 'base64');
  bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
  await stage.store.secrets.putWorkspaceKey({ ...row, wrappedKey: bytes.toString('base64') });
  await assert.rejects(stage.reopen(), failsWith('workspace_key_damaged', /"default"/));
});

test('a new root key opens everything, the old one nothing', async (t) => {
  const stage = await stageWithSecret(t);
  const old = await readFile(stage.rootKeyPath);
  const { before, after } = await stage.secrets.rekey();
  assert.deepEqual(await keysInFile(stage.rootKeyPath), [after]);
  assert.ok(old.includes(before) && !old.includes(after));
  assert.equal(await readBack(stage), 'hunter2', 'while running');
  await stage.secrets.create(keyOf('LATER'), { value: 'x', use: USE, ...BY });
  await stage.reopen();
  assert.equal(await readBack(stage), 'hunter2', 'after a restart');
  const now = await readFile(stage.rootKeyPath);
  await writeFile(stage.rootKeyPath, old);
  await assert.rejects(stage.reopen(), failsWith('root_key_wrong', new RegExp(after)));
  await writeFile(stage.rootKeyPath, now);
  await stage.reopen();
});

test('a root key is replaced also while there is nothing to seal, and where the file is a link', async (t) => {
  const stage = await openSecretsStage(t);
  await stage.secrets.rekey();
  const real = join(dirname(stage.rootKeyPath), 'kept-elsewhere');
  await writeFile(real, await readFile(stage.rootKeyPath), { mode: 0o600 });
  await rm(stage.rootKeyPath);
  await symlink(real, stage.rootKeyPath);
  await stage.reopen();
  const { after } = await stage.secrets.rekey();
  assert.deepEqual(await keysInFile(real), [after]);
});

test('when the store refuses, the old root key stays the one', async (t) => {
  const stage = await stageWithSecret(t);
  const before = await keysInFile(stage.rootKeyPath);
  await stage.reopen({
    onRekeyStep: (step) => {
      if (step === 'in transaction') throw new Error('the disk is full');
    },
  });
  await assert.rejects(stage.secrets.rekey(), /disk is full/);
  assert.deepEqual(await keysInFile(stage.rootKeyPath), before);
  assert.equal(await readBack(stage), 'hunter2');
  await stage.secrets.create(keyOf('LATER'), { value: 'x', use: USE, ...BY });
  await stage.reopen();
  assert.equal(await readBack(stage), 'hunter2');
});

test('what a crash left half written is removed', async (t) => {
  const stage = await stageWithSecret(t);
  await writeFile(`${stage.rootKeyPath}.0123456789ab.tmp`, 'swarm-root-key-v1 …');
  await stage.reopen();
  const left = await readdir(dirname(stage.rootKeyPath));
  assert.deepEqual(
    left.filter((name) => name.startsWith('root.key')),
    ['root.key'],
  );
});
