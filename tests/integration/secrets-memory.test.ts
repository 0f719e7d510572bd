/** Values are in swarmd's memory while a machine may use them, and not before or after. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { getHeapSnapshot } from 'node:v8';
import { BY, callerOf, keyOf, openSecretsStage, USE } from '../../src/secrets/secrets-stage.ts';

/** A value that this test itself keeps in another form only. */
function plantedValue() {
  const bytes = randomBytes(24);
  return {
    make: () => `sk-${bytes.toString('hex')}`,
    /** Is it in a string of the heap, after a collection? */
    async isInHeap(): Promise<boolean> {
      const chunks: Buffer[] = [];
      for await (const chunk of getHeapSnapshot()) chunks.push(Buffer.from(chunk));
      const needle = Buffer.from(bytes.toString('hex'), 'latin1');
      return Buffer.concat(chunks).includes(needle);
    },
  };
}

test('a value is in memory from the start of a machine to its end', async (t) => {
  const stage = await openSecretsStage(t);
  const planted = plantedValue();
  await stage.secrets.create(keyOf('API_KEY'), { value: planted.make(), use: USE, ...BY });
  assert.equal(await planted.isInHeap(), false, 'no machine uses it');
  const env = { KEY: '$'.concat('{SECRET_API_KEY}') };
  const resolved = await stage.secrets.environment.resolve(callerOf('mch_1'), env);
  await stage.secrets.environment.resolve(callerOf('mch_2'), env);
  const text = resolved.env.KEY ?? '';
  assert.ok(stage.secrets.placeholders.resolve('mch_1', text)?.value === planted.make());
  stage.secrets.machines.forget('mch_1');
  assert.equal(await planted.isInHeap(), true, 'one machine still uses it');
  stage.secrets.machines.forget('mch_2');
  assert.equal(await planted.isInHeap(), false, 'none uses it any more');
});
