import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type ErrorDeclaration, errorCatalogue } from '../../src/base/errors.ts';

const SOURCE = join(import.meta.dirname, '..', '..', 'src');

/** Every error code there is, sorted: loads each file that declares some. */
export async function loadErrors(): Promise<[string, ErrorDeclaration & { area: string }][]> {
  const areas = new Map<string, string>();
  for (const path of readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!path.endsWith('.ts') || path.endsWith('.test.ts')) continue;
    if (!/= defineErrors\(/.test(readFileSync(join(SOURCE, path), 'utf8'))) continue;
    await import(pathToFileURL(join(SOURCE, path)).href);
    for (const code of errorCatalogue().keys())
      if (!areas.has(code)) areas.set(code, path.split('/')[0] ?? '');
  }
  return [...errorCatalogue()]
    .map(([code, declared]): [string, ErrorDeclaration & { area: string }] => [
      code,
      { ...declared, area: areas.get(code) ?? '' },
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
