import assert from 'node:assert/strict';
import { createSecretKey, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { WorkspaceKeys } from './key-ring.ts';
import { createContentSeal } from './seal-content.ts';

function keyRing() {
  const held = new Map<string, WorkspaceKeys>();
  return {
    find: (workspaceId: string) => held.get(workspaceId),
    async ensure(workspaceId: string) {
      const made = {
        sealing: createSecretKey(randomBytes(32)),
        placeholders: createSecretKey(randomBytes(32)),
      };
      const keys = held.get(workspaceId) ?? made;
      held.set(workspaceId, keys);
      return keys;
    },
  };
}

test('what is sealed is opened for its workspace and purpose, and for no other', async () => {
  const seal = createContentSeal(keyRing());
  const content = Buffer.from('a private key');
  const box = await seal.seal('w', 'authority', content);
  assert.equal(box.includes(content), false);
  assert.deepEqual(seal.open('w', 'authority', box), content);
  await seal.seal('v', 'authority', content);
  assert.equal(seal.open('v', 'authority', box), undefined);
  assert.equal(seal.open('w', 'other', box), undefined);
  for (let i = 0; i < box.length; i++) {
    const damaged = Buffer.from(box);
    damaged[i] = (damaged[i] ?? 0) ^ 1;
    assert.equal(seal.open('w', 'authority', damaged), undefined);
  }
  assert.equal(seal.open('w', 'authority', Buffer.alloc(3)), undefined);
});
