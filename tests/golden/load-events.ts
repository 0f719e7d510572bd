import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type EventDeclaration, eventCatalogue } from '../../src/contracts/event-kinds.ts';

const SOURCE = join(import.meta.dirname, '..', '..', 'src');

export interface DeclaredKind extends EventDeclaration {
  readonly kind: string;
  /** The file that declares it: `src/gateway/events.ts`. */
  readonly file: string;
}

/** Every kind of event there is, by name: loads each events.ts. */
export async function loadEvents(): Promise<DeclaredKind[]> {
  const files = new Map<string, string>();
  const paths = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' });
  for (const path of paths.filter((one) => /(^|\/)events\.ts$/.test(one)).sort()) {
    await import(pathToFileURL(join(SOURCE, path)).href);
    for (const kind of eventCatalogue().keys())
      if (!files.has(kind)) files.set(kind, `src/${path}`);
  }
  return [...eventCatalogue()]
    .map(([kind, declared]) => ({ kind, file: files.get(kind) ?? '', ...declared }))
    .sort((a, b) => (a.kind < b.kind ? -1 : 1));
}
