import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { makeFolder, writeFileAtomic } from '../../base/files.ts';
import type { CliContext } from '../context.ts';

/**
 * Opens a link in the browser of this desktop. Every user of a host sees the arguments of its
 * programs, so the browser is given a file that only its owner can read, and that leads to the link.
 * @returns whether there was a browser to ask
 */
export async function openBrowser({ env, home }: CliContext, url: string): Promise<boolean> {
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return false;
  const path = join(home, 'dashboard.html');
  try {
    await makeFolder(home, { mode: 0o700 });
    await writeFileAtomic(path, redirectTo(url), { mode: 0o600 });
    return await start('xdg-open', { path, env });
  } catch {
    return false;
  }
}

/** It may be the browser itself, and outlive us. */
function start(
  program: string,
  { path, env }: { path: string; env: NodeJS.ProcessEnv },
): Promise<boolean> {
  const child = spawn(program, [path], { env, detached: true, stdio: 'ignore' });
  child.unref();
  return new Promise((resolve) => {
    child.once('spawn', () => resolve(true));
    child.once('error', () => resolve(false));
  });
}

function redirectTo(url: string): string {
  const quoted = url.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
  return `<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url=${quoted}">
<title>Swarm</title>
<a href="${quoted}">Sign in to Swarm</a>
`;
}
