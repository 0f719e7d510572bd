import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardSources } from './dashboard.mjs';

/** Files in the checkout whose change asks for another look. */
const CHECKOUT_FILES = [
  'package-lock.json',
  'launcher/packages.json',
  'node_modules/.package-lock.json',
];
const DPKG_INFO = '/var/lib/dpkg/info';

/**
 * Writes what `sha256sum --check` compares at every start of the launcher: files of the checkout,
 * those that the dashboard is made of, and one small file of each Debian package, which is gone when
 * the package is.
 */
export function writeStamp(root, level, packages) {
  const lists = packages
    .map(({ name }) => `${DPKG_INFO}/${name}.md5sums`)
    .filter((path) => existsSync(path));
  const lines = [...CHECKOUT_FILES, ...lists].map((path) => {
    const hash = createHash('sha256').update(
      readFileSync(path.startsWith('/') ? path : join(root, path)),
    );
    return `${hash.digest('hex')}  ${path}\n`;
  });
  const path = join(root, `.swarm/set-up-${level}`);
  const sources = dashboardSources(root).map((line) => `${line}\n`);
  writeFileSync(`${path}.tmp`, [...new Set([...lines, ...sources])].join(''));
  renameSync(`${path}.tmp`, path);
}
