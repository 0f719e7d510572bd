// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how references are written.
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Rotation } from './ports.ts';
import { BY, callerOf, keyOf, openSecretsStage, type SecretsStage, USE } from './secrets-stage.ts';

const ENV = { API_KEY: '${SECRET_API_KEY}' };
const MINUTE_MS = 60_000;
const INJECT = { ...USE, mode: 'inject' as const };

async function stageWith(t: TestContext, name = 'API_KEY', value = 'one'): Promise<SecretsStage> {
  const stage = await openSecretsStage(t);
  await stage.secrets.create(keyOf(name), { value, use: USE, ...BY });
  return stage;
}

/** Starts a machine. @returns the text that stands in API_KEY */
async function start({ secrets }: SecretsStage, machineId: string, agent = 'desk') {
  const { env } = await secrets.environment.resolve(callerOf(machineId, agent), ENV);
  return env.API_KEY ?? '';
}

const valuesOf = ({ secrets }: SecretsStage, machineId: string) =>
  secrets.placeholders.values(machineId).map(({ name, value }) => `${name}=${value}`);

test('a machine gets a placeholder that stands for the value, for this machine only', async (t) => {
  const stage = await stageWith(t);
  const { secrets } = stage;
  const resolved = await secrets.environment.resolve(callerOf('mch_1'), {
    API_KEY: 'Bearer ${SECRET_API_KEY}',
    PLAIN: '$${SECRET_API_KEY}',
  });
  assert.deepEqual(resolved.injected, []);
  assert.equal(resolved.env.PLAIN, '${SECRET_API_KEY}');
  const text = resolved.env.API_KEY?.slice('Bearer '.length) ?? '';
  assert.match(text, /^swsec_[a-z2-7]{52}$/);
  assert.deepEqual(secrets.placeholders.resolve('mch_1', text), {
    ...{ name: 'API_KEY', version: 1, value: 'one', hosts: [] },
    ...{ headers: ['authorization', 'x-api-key', 'api-key'], allowHttp: false },
  });
  const other = await start(stage, 'mch_2');
  assert.notEqual(other, text);
  assert.equal(secrets.placeholders.resolve('mch_2', text), undefined);
  assert.equal(secrets.placeholders.resolve('mch_3', text), undefined);
  assert.equal(secrets.placeholders.resolve('mch_1', `${text}x`), undefined);
});

test('a placeholder is the same after a restart, and works once its machine is registered', async (t) => {
  const stage = await stageWith(t);
  const text = await start(stage, 'mch_1');
  await stage.reopen();
  assert.equal(stage.secrets.placeholders.resolve('mch_1', text), undefined);
  await stage.secrets.machines.register(callerOf('mch_1'), ENV);
  assert.equal(stage.secrets.placeholders.resolve('mch_1', text)?.value, 'one');
  assert.equal(await start(stage, 'mch_1'), text);
  await stage.secrets.rekey();
  await stage.reopen();
  assert.equal(await start(stage, 'mch_1'), text, 'and after the root key was replaced');
});

test('a rotation counts at once; the old value is scrubbed for ten minutes more', async (t) => {
  const stage = await stageWith(t);
  const { placeholders } = stage.secrets;
  const text = await start(stage, 'mch_1');
  await stage.secrets.rotate(keyOf('API_KEY'), { value: 'two', ...BY });
  const usable = placeholders.resolve('mch_1', text);
  assert.deepEqual([usable?.version, usable?.value], [2, 'two']);
  assert.deepEqual(valuesOf(stage, 'mch_1'), ['API_KEY=two', 'API_KEY=one']);
  stage.nowMs += 10 * MINUTE_MS - 1;
  assert.deepEqual(valuesOf(stage, 'mch_1'), ['API_KEY=two', 'API_KEY=one']);
  assert.equal(placeholders.values('mch_1'), placeholders.values('mch_1'), 'made once');
  await start(stage, 'mch_2');
  assert.deepEqual(
    valuesOf(stage, 'mch_2'),
    ['API_KEY=two', 'API_KEY=one'],
    'of a new machine too',
  );
  stage.nowMs += 1;
  assert.deepEqual(valuesOf(stage, 'mch_1'), ['API_KEY=two']);
});

test('an old value is scrubbed after a restart too, then erased from the database', async (t) => {
  const stage = await stageWith(t);
  await stage.secrets.rotate(keyOf('API_KEY'), { value: 'two', ...BY });
  stage.nowMs += 5 * MINUTE_MS;
  await stage.reopen();
  await stage.secrets.machines.register(callerOf('mch_1'), ENV);
  assert.deepEqual(valuesOf(stage, 'mch_1'), ['API_KEY=two', 'API_KEY=one']);
  stage.nowMs += 5 * MINUTE_MS;
  await stage.reopen();
  await stage.secrets.machines.register(callerOf('mch_1'), ENV);
  assert.deepEqual(valuesOf(stage, 'mch_1'), ['API_KEY=two']);
  const envelopes = (await stage.store.secrets.versions(keyOf('API_KEY'))).map((row) => [
    row.version,
    row.envelope !== null,
  ]);
  assert.deepEqual(envelopes, [
    [2, true],
    [1, false],
  ]);
  const states = (await stage.secrets.versions(keyOf('API_KEY'))).map(({ state }) => state);
  assert.deepEqual(states, ['current', 'erased']);
});

test("an agent's own secret wins over the workspace's, as soon as it is there", async (t) => {
  const stage = await stageWith(t);
  const { secrets } = stage;
  const [mine, theirs] = [await start(stage, 'mch_1'), await start(stage, 'mch_2', 'other')];
  const own = keyOf('API_KEY', 'desk');
  const value = () => [
    secrets.placeholders.resolve('mch_1', mine)?.value,
    secrets.placeholders.resolve('mch_2', theirs)?.value,
  ];
  await secrets.create(own, { value: 'own', use: USE, ...BY });
  assert.deepEqual(value(), ['own', 'one']);
  assert.deepEqual(valuesOf(stage, 'mch_1'), ['API_KEY=own', 'API_KEY=one']);
  assert.deepEqual(valuesOf(stage, 'mch_2'), ['API_KEY=one']);
  await secrets.delete(own, { ...BY, force: false });
  assert.deepEqual(value(), ['one', 'one']);
  assert.deepEqual(valuesOf(stage, 'mch_1'), ['API_KEY=own', 'API_KEY=one']);
});

test('a secret that is deleted stands for nothing, and for its value when it is made again', async (t) => {
  const stage = await stageWith(t);
  const { secrets } = stage;
  const text = await start(stage, 'mch_1');
  await secrets.delete(keyOf('API_KEY'), { ...BY, force: false });
  assert.equal(secrets.placeholders.resolve('mch_1', text), undefined);
  assert.deepEqual(valuesOf(stage, 'mch_1'), ['API_KEY=one'], 'it may still be on its way');
  await secrets.create(keyOf('API_KEY'), { value: 'three', use: USE, ...BY });
  const usable = secrets.placeholders.resolve('mch_1', text);
  assert.deepEqual([usable?.version, usable?.value], [2, 'three']);
});

test('a machine that is forgotten has no secrets; others keep theirs', async (t) => {
  const stage = await stageWith(t);
  const { secrets } = stage;
  const [one, two] = [await start(stage, 'mch_1'), await start(stage, 'mch_2')];
  secrets.machines.forget('mch_1');
  secrets.machines.forget('mch_unknown');
  assert.equal(secrets.placeholders.resolve('mch_1', one), undefined);
  assert.deepEqual(secrets.placeholders.values('mch_1'), []);
  assert.equal(secrets.placeholders.resolve('mch_2', two)?.value, 'one');
});

test('a machine that goes while it is being started leaves nothing behind', async (t) => {
  const stage = await stageWith(t);
  const { secrets } = stage;
  const starting = start(stage, 'mch_1');
  secrets.machines.forget('mch_1');
  const text = await starting;
  await secrets.rotate(keyOf('API_KEY'), { value: 'two', ...BY });
  assert.equal(secrets.placeholders.resolve('mch_1', text), undefined);
  assert.deepEqual(secrets.placeholders.values('mch_1'), []);
});

test('what is missing is named, and such an environment is refused', async (t) => {
  const stage = await stageWith(t);
  const { environment } = stage.secrets;
  const desk = { workspaceId: 'default', agent: 'desk' };
  const env = { A: '${SECRET_API_KEY} ${SECRET_Z}', B: '${SECRET_B}', C: '$${SECRET_C}' };
  assert.deepEqual(await environment.missing(desk, env), ['B', 'Z']);
  await stage.secrets.create(keyOf('B', 'other'), { value: 'x', use: USE, ...BY });
  assert.deepEqual(await environment.missing(desk, env), ['B', 'Z']);
  assert.deepEqual(await environment.missing({ ...desk, agent: 'other' }, env), ['Z']);
  await assert.rejects(environment.resolve(callerOf('mch_1'), env), {
    code: 'secret_not_found',
    message: /agent desk uses the secret B/,
  });
  assert.deepEqual(stage.secrets.placeholders.values('mch_1'), []);
});

test('mode inject: the value itself, told to the log before the machine has it', async (t) => {
  const stage = await stageWith(t, 'OTHER');
  await stage.secrets.create(keyOf('API_KEY'), { value: 'pass\nword', use: INJECT, ...BY });
  const env = { URL: 'db://u:${SECRET_API_KEY}@db', O: '${SECRET_OTHER}' };
  stage.auditFailure = new Error('the log is full');
  await assert.rejects(stage.secrets.environment.resolve(callerOf('mch_1'), env), /log is full/);
  stage.auditFailure = undefined;
  const resolved = await stage.secrets.environment.resolve(callerOf('mch_1'), env);
  assert.equal(resolved.env.URL, 'db://u:pass\nword@db');
  assert.deepEqual(resolved.injected, ['API_KEY']);
  assert.match(resolved.env.O ?? '', /^swsec_/);
  assert.deepEqual(
    stage.recorded.map(({ kind, agent, machine, attributes }) => [
      kind,
      agent,
      machine,
      attributes,
    ]),
    [['secret.injected', 'desk', 'mch_1', { secrets: ['API_KEY@1'] }]],
  );
  assert.ok(!JSON.stringify(stage.recorded).includes('pass'));
  // Its process has the first value until it is started anew, however long that takes.
  await stage.secrets.rotate(keyOf('API_KEY'), { value: 'next', ...BY });
  stage.nowMs += 11 * MINUTE_MS;
  assert.ok(valuesOf(stage, 'mch_1').includes('API_KEY=pass\nword'));
});

test('a placeholder of a secret that became injected works while its value can be sent', async (t) => {
  const stage = await stageWith(t);
  const { secrets } = stage;
  const text = await start(stage, 'mch_1');
  await secrets.changeUse(keyOf('API_KEY'), { use: { mode: 'inject' }, ...BY });
  assert.equal(secrets.placeholders.resolve('mch_1', text)?.value, 'one');
  await secrets.rotate(keyOf('API_KEY'), { value: 'two\r\nevil: 1', ...BY });
  assert.equal(secrets.placeholders.resolve('mch_1', text), undefined);
});

test('a rotation tells which machines have an earlier value', async (t) => {
  const stage = await openSecretsStage(t);
  const { secrets } = stage;
  await secrets.create(keyOf('API_KEY'), { value: 'one', use: INJECT, ...BY });
  await start(stage, 'mch_1');
  await start(stage, 'mch_2', 'other');
  const told: Rotation[] = [];
  const unsubscribe = secrets.onRotated((rotation) => told.push(rotation));
  secrets.onRotated(() => {
    throw new Error('a listener that fails');
  });
  await secrets.rotate(keyOf('API_KEY'), { value: 'two', ...BY });
  await secrets.create(keyOf('API_KEY', 'desk'), { value: 'own', use: INJECT, ...BY });
  await secrets.rotate(keyOf('API_KEY'), { value: 'three', ...BY });
  unsubscribe();
  await secrets.rotate(keyOf('API_KEY'), { value: 'four', ...BY });
  assert.deepEqual(
    told.map(({ agent, version, mode, injectedInto }) => [
      ...[agent, version, mode],
      injectedInto.map(({ machineId }) => machineId),
    ]),
    [
      [null, 2, 'inject', ['mch_1', 'mch_2']],
      ['desk', 1, 'inject', ['mch_1']],
      [null, 3, 'inject', ['mch_2']],
    ],
  );
});

test('a rotation tells of machines too that run since before a restart of swarmd', async (t) => {
  const stage = await openSecretsStage(t);
  await stage.secrets.create(keyOf('API_KEY'), { value: 'one', use: INJECT, ...BY });
  await start(stage, 'mch_1');
  await stage.reopen();
  const { secrets } = stage;
  await secrets.machines.register(callerOf('mch_1'), ENV);
  const told: Rotation[] = [];
  secrets.onRotated((rotation) => told.push(rotation));
  await secrets.rotate(keyOf('API_KEY'), { value: 'two', ...BY });
  assert.deepEqual(
    told.flatMap(({ injectedInto }) => injectedInto.map(({ machineId }) => machineId)),
    ['mch_1'],
  );
  stage.nowMs += 11 * MINUTE_MS;
  assert.deepEqual(valuesOf(stage, 'mch_1'), ['API_KEY=two', 'API_KEY=one']);
});

test('a damaged envelope is named, and the other secrets go on', async (t) => {
  const stage = await stageWith(t);
  const { store } = stage;
  await stage.secrets.create(keyOf('OTHER'), { value: 'fine', use: USE, ...BY });
  const [version] = await store.secrets.versions(keyOf('API_KEY'));
  assert.ok(version?.envelope);
  const envelope = version.envelope.replace(/.{4}$/, 'AAAA');
  const damaged = { ...version, version: 2, envelope };
  const row = await store.secrets.find(keyOf('API_KEY'));
  assert.ok(row);
  await store.secrets.endVersion(keyOf('API_KEY'), { version: 1, atMs: 0 });
  await store.secrets.insertVersion(damaged);
  await store.secrets.put({ ...row, version: 2 });
  await stage.reopen();
  const { secrets } = stage;
  const refused = { code: 'secret_damaged', message: /API_KEY \(version 2\) is damaged/ };
  await assert.rejects(secrets.environment.resolve(callerOf('mch_1'), ENV), refused);
  const both = { ...ENV, O: '${SECRET_OTHER}' };
  await secrets.machines.register(callerOf('mch_1'), both);
  await assert.rejects(secrets.changeUse(keyOf('API_KEY'), { use: INJECT, ...BY }), refused);
  const { env } = await secrets.environment.resolve(callerOf('mch_2'), { O: '${SECRET_OTHER}' });
  assert.equal(secrets.placeholders.resolve('mch_2', env.O ?? '')?.value, 'fine');
  assert.deepEqual(valuesOf(stage, 'mch_1'), ['OTHER=fine']);
  // A new value mends it.
  await secrets.rotate(keyOf('API_KEY'), { value: 'new', ...BY });
  assert.equal(secrets.placeholders.resolve('mch_1', await start(stage, 'mch_1'))?.value, 'new');
});

test('the history is bounded', async (t) => {
  const stage = await stageWith(t);
  for (let i = 0; i < 150; i++) {
    await stage.secrets.rotate(keyOf('API_KEY'), { value: `a-${i}`, ...BY });
    stage.nowMs += MINUTE_MS;
  }
  await stage.reopen();
  for (let i = 0; i < 60; i++)
    await stage.secrets.rotate(keyOf('API_KEY'), { value: `b-${i}`, ...BY });
  const versions = await stage.secrets.versions(keyOf('API_KEY'));
  assert.deepEqual([versions.length, versions[0]?.version], [200, 211]);
});

test('last uses are known at once and are still there after a restart', async (t) => {
  const stage = await stageWith(t);
  await start(stage, 'mch_1');
  stage.secrets.placeholders.used('mch_1', { name: 'API_KEY', version: 1 });
  stage.secrets.placeholders.used('mch_gone', { name: 'API_KEY', version: 1 });
  const used = new Date(stage.nowMs).toISOString();
  const last = async () => (await stage.secrets.list('default')).map((one) => one.lastUsedAt);
  assert.deepEqual(await last(), [used]);
  assert.equal((await stage.store.secrets.find(keyOf('API_KEY')))?.lastUsedAtMs, null, 'lazily');
  stage.nowMs += 1_000;
  await stage.secrets.rotate(keyOf('API_KEY'), { value: 'two', ...BY });
  await stage.reopen();
  assert.deepEqual(await last(), [used]);
  const versions = await stage.secrets.versions(keyOf('API_KEY'));
  assert.deepEqual(
    versions.map(({ lastUsedAt }) => lastUsedAt),
    [null, used],
  );
});

test('uses at the same time as changes: one after the other, and nothing is lost', async (t) => {
  const stage = await stageWith(t);
  const { secrets } = stage;
  const starts = Array.from({ length: 20 }, (_, i) => start(stage, `mch_${i}`));
  const rotations = Array.from({ length: 10 }, (_, i) =>
    secrets.rotate(keyOf('API_KEY'), { value: `value-${i}`, ...BY }),
  );
  const rekey = secrets.rekey();
  const texts = await Promise.all(starts);
  await Promise.all([...rotations, rekey]);
  for (const [i, text] of texts.entries())
    assert.equal(secrets.placeholders.resolve(`mch_${i}`, text)?.value, 'value-9');
  await stage.reopen();
  const text = await start(stage, 'mch_0');
  assert.equal(stage.secrets.placeholders.resolve('mch_0', text)?.value, 'value-9');
});
