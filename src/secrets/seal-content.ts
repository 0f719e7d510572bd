/** What swarmd itself keeps of a workspace and nobody may read: sealed by the workspace's key. */
import type { KeyRing } from './key-ring.ts';
import { labelOf, openBox, sealBox } from './sealed-box.ts';

export interface ContentSeal {
  /** @param purpose what it is: opened only for the same */
  seal(workspaceId: string, purpose: string, content: Uint8Array): Promise<Buffer>;
  /** @returns undefined when it was not sealed for this workspace and purpose, or is damaged */
  open(workspaceId: string, purpose: string, box: Buffer): Buffer | undefined;
}

export function createContentSeal(keys: Pick<KeyRing, 'find' | 'ensure'>): ContentSeal {
  const label = (workspaceId: string, purpose: string) =>
    labelOf('swarm content v1', [workspaceId, purpose]);
  return {
    async seal(workspaceId, purpose, content) {
      const { sealing } = await keys.ensure(workspaceId);
      return sealBox(content, { key: sealing, label: label(workspaceId, purpose) });
    },
    open(workspaceId, purpose, box) {
      const key = keys.find(workspaceId)?.sealing;
      return key && openBox(box, { key, label: label(workspaceId, purpose) });
    },
  };
}
