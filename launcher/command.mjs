import { spawn } from 'node:child_process';

/**
 * Runs a program to its end, without a shell and without input. Each line of its output goes to
 * `onLine`.
 * @returns {Promise<{ code: number, output: string }>} the end of its output; 127: not found
 */
export function run(
  file,
  args,
  { onLine = () => {}, env = process.env, cwd, stdin = 'ignore' } = {},
) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, cwd, stdio: [stdin, 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      let partial = '';
      stream.setEncoding('utf8');
      stream.on('data', (chunk) => {
        output = (output + chunk).slice(-1_000_000);
        const lines = (partial + chunk).split(/[\r\n]+/);
        partial = lines.pop() ?? '';
        for (const line of lines) if (line.trim() !== '') onLine(line);
      });
      stream.on('end', () => partial.trim() !== '' && onLine(partial));
    }
    child.on('error', (error) => resolve({ code: 127, output: String(error.message) }));
    child.on('close', (code) => resolve({ code: code ?? 137, output }));
  });
}

/** Is there a program of that name on PATH? */
export async function isOnPath(program) {
  return (await run('sh', ['-c', 'command -v "$0"', program])).code === 0;
}
