import { spawn } from 'node:child_process';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cliErrors } from '../errors.ts';

/**
 * A tar archive of the given paths, as a stream: the same bytes for the same content, whoever packs
 * it and when, so that layers are found in the cache. Links are kept as links.
 */
export function packFolder(root: string, paths: readonly string[]): Readable {
  const args = [
    '--create',
    `--directory=${root}`, // Holds only for what comes after it.
    '--format=posix',
    '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime,delete=mtime',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--hard-dereference',
    '--no-recursion',
    '--null',
    '--verbatim-files-from',
    '--files-from=-',
  ];
  const tar = spawn('tar', args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  });
  const archive = new PassThrough();
  let said = '';
  tar.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-2000);
  });
  const ended = new Promise<void>((resolve, reject) => {
    tar.on('error', reject);
    tar.on('close', (code) => {
      if (code === 0) return resolve();
      reject(
        cliErrors.folder_refused(
          `${root} cannot be packed: ${said.trim() || `tar ended with ${code}`}`,
          {
            remedy: 'Check that all files can be read and that none changes meanwhile.',
          },
        ),
      );
    });
  });
  pipeline(tar.stdout, archive, { end: false })
    .then(() => ended)
    .then(
      () => archive.end(),
      (error: Error) => archive.destroy(error),
    );
  ended.catch((error: Error) => archive.destroy(error));
  archive.on('close', () => tar.kill('SIGKILL'));
  tar.stdin.on('error', () => undefined); // tar's own error says more.
  tar.stdin.end(paths.map((path) => `${path}\0`).join(''));
  return archive;
}
