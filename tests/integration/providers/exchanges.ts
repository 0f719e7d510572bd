/**
 * Exchanges with providers as they go over the wire, written down after the providers' documented
 * formats: one request, its answer whole and streamed, and what it used.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MeteredUsage } from '../../../src/contracts/egress.ts';

export interface Exchange {
  readonly name: string;
  readonly about: string;
  readonly request: {
    readonly host: string;
    readonly path: string;
    readonly body: Readonly<Record<string, unknown>>;
  };
  readonly json: Readonly<Record<string, unknown>>;
  /** Its events; absent where the protocol has no streams. */
  readonly stream?: readonly string[];
  readonly usage: MeteredUsage;
}

const FOLDER = join(import.meta.dirname, 'exchanges');

export const exchanges: readonly Exchange[] = readdirSync(FOLDER)
  .sort()
  .map((file) => ({
    ...(JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Omit<Exchange, 'name'>),
    name: file.replace(/\.json$/, ''),
  }));
