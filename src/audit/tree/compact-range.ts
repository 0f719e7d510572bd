/**
 * The right edge of a Merkle tree: the roots of its complete subtrees, largest first. That is all
 * that appending and the root need (RFC 9162, 2.1.2).
 */
import { EMPTY_ROOT, hashNode } from './tree-hash.ts';

/** Number of complete subtrees of a tree of that many leaves: the ones in its binary form. */
export function subtreeCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

export class CompactRange {
  #size: number;
  readonly #roots: Buffer[];

  /** @param roots of the complete subtrees, largest first: as many as `size` has ones in binary */
  constructor(size = 0, roots: readonly Buffer[] = []) {
    if (roots.length !== subtreeCount(size))
      throw new Error(`a tree of ${size} leaves does not have ${roots.length} complete subtrees`);
    this.#size = size;
    this.#roots = [...roots];
  }

  get size(): number {
    return this.#size;
  }

  roots(): readonly Buffer[] {
    return [...this.#roots];
  }

  /**
   * @param onNode is told every node that this leaf completes, from the leaf (height 0) upwards:
   * it is the last one of its height so far
   */
  append(leafHash: Buffer, onNode?: (height: number, hash: Buffer) => void): void {
    let hash = leafHash;
    onNode?.(0, hash);
    let height = 0;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = this.#roots.pop();
      if (left === undefined) throw new Error('the range has lost a subtree');
      hash = hashNode(left, hash);
      onNode?.(++height, hash);
    }
    this.#roots.push(hash);
    this.#size++;
  }

  root(): Buffer {
    let root: Buffer | undefined;
    for (let i = this.#roots.length - 1; i >= 0; i--) {
      const left = this.#roots[i];
      if (left !== undefined) root = root === undefined ? left : hashNode(left, root);
    }
    return root ?? EMPTY_ROOT;
  }
}
