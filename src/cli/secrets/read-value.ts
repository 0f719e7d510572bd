/** A secret's value: from standard input, a file, or typed unseen on a terminal; never an argument. */
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { MAX_SECRET_BYTES } from '../../contracts/secret.ts';
import { cliErrors } from '../errors.ts';
import type { Session } from '../session.ts';

/** With a line break at its end, which is left out. */
const MAX_READ_BYTES = MAX_SECRET_BYTES + 2;

/** @throws usage, file_missing */
export async function readValue(
  session: Session,
  { name, fromFile }: { name: string; fromFile: string | undefined },
): Promise<string> {
  const { context, output } = session;
  if (fromFile === undefined && context.stdin.isTTY === true) return askUnseen(session, name);
  const isInput = fromFile === undefined || fromFile === '-';
  const bytes = isInput
    ? await readUpTo(context.stdin)
    : await readFileUpTo(resolve(context.cwd, fromFile), fromFile);
  const where = isInput ? 'the input' : `the file ${fromFile}`;
  if (bytes.length > MAX_READ_BYTES)
    throw cliErrors.usage(`${where} has more than ${MAX_SECRET_BYTES} bytes`, {
      remedy: 'A secret has at most 64 KiB.',
    });
  const text = decoded(bytes, where);
  const value = text.replace(/\r?\n$/, '');
  if (value === '')
    throw cliErrors.usage(`${where} is empty`, {
      remedy: 'Send the value there, as in: pass show api-key | swarm secrets set API_KEY',
    });
  if (value !== text && output.format !== 'json')
    output.note(`The line break at the end of ${where} was left out.`);
  return value;
}

function decoded(bytes: Buffer, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw cliErrors.usage(`${where} is not text in UTF-8`, {
      remedy: 'Encode it as text, in base64 for example, and decode it in the agent.',
    });
  }
}

async function readUpTo(input: AsyncIterable<Buffer | string>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const part = Buffer.from(chunk);
    chunks.push(part);
    bytes += part.length;
    if (bytes > MAX_READ_BYTES) break;
  }
  return Buffer.concat(chunks);
}

async function readFileUpTo(path: string, shown: string): Promise<Buffer> {
  try {
    await using file = await open(path, 'r');
    return await readUpTo(file.createReadStream({ autoClose: false }));
  } catch (cause) {
    throw cliErrors.file_missing(`The file ${shown} cannot be read.`, { cause });
  }
}

/** One line; what is typed is not shown. */
async function askUnseen({ context, signal }: Session, name: string): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  context.stderr.write(`Value of ${name} (not shown): `);
  const reader = createInterface({
    ...{ input: context.stdin, output: nowhere, terminal: true, historySize: 0 },
  });
  try {
    const value = await reader.question('', { signal });
    if (value === '') throw cliErrors.usage('nothing was typed');
    return value;
  } finally {
    reader.close();
    context.stderr.write('\n');
  }
}
