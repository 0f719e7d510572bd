import { JAIL_FILES, type Jail } from './jail.ts';

/**
 * The jailer's command line. No cgroup arguments: the launcher has joined the machine's cgroups
 * before the jailer runs, on both cgroup versions and for both drivers alike, and what it starts
 * stays in them. No --daemonize: that would only redirect the output we keep; the launcher has
 * made a session of its own. With --new-pid-ns the jailer forks, writes the child's process id to
 * the jail and ends.
 */
export function jailerArguments(options: {
  jailerPath: string;
  firecrackerPath: string;
  jail: Jail;
  uid: number;
  namespacePath: string;
  /** No file of the VMM may grow beyond this: its largest are the machine's disk and memory. */
  fileBytes: number;
}): string[] {
  const { jail, uid } = options;
  return [
    options.jailerPath,
    ...['--id', jail.id],
    ...['--exec-file', options.firecrackerPath],
    ...['--uid', String(uid), '--gid', String(uid)],
    ...['--chroot-base-dir', jail.base],
    ...['--netns', options.namespacePath],
    ...['--resource-limit', `fsize=${options.fileBytes}`],
    ...['--resource-limit', 'no-file=256'],
    '--new-pid-ns',
    '--',
    ...['--api-sock', `/${JAIL_FILES.socket}`],
  ];
}
