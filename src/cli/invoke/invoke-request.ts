import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { InvokeOptions } from '../../contracts/client.ts';
import type { InvokeArguments } from '../commands/invoke.ts';
import type { CliContext } from '../context.ts';
import { cliErrors } from '../errors.ts';

/** What is sent to the agent, from the options of the command line. */
export async function invokeRequest(
  context: CliContext,
  { path, options }: { path: string; options: InvokeArguments },
): Promise<InvokeOptions> {
  if (options.json !== undefined && options.data !== undefined)
    throw cliErrors.usage('--json and --data were both given', { remedy: 'Keep one.' });
  const body =
    options.json !== undefined ? jsonBody(options.json) : await dataBody(context, options.data);
  const headers = {
    ...(options.json !== undefined && { 'content-type': 'application/json' }),
    accept: options.stream === true ? 'text/event-stream' : '*/*',
    ...readHeaders(options.header ?? []),
  };
  const method = (options.request ?? (body === undefined ? 'GET' : 'POST')).toUpperCase();
  if (!/^[A-Z]{1,20}$/.test(method))
    throw cliErrors.usage(`"${options.request}" is no HTTP method`);
  return {
    method,
    path: path.startsWith('/') ? path : `/${path}`,
    headers,
    ...(body !== undefined && { body }),
  };
}

function jsonBody(text: string): Readable {
  try {
    JSON.parse(text);
  } catch (cause) {
    throw cliErrors.usage('the value of --json is not JSON', {
      cause,
      remedy: `Put it into single quotes: --json '{"key": "value"}'`,
    });
  }
  return Readable.from([Buffer.from(text)]);
}

async function dataBody(
  context: CliContext,
  data: string | undefined,
): Promise<Readable | undefined> {
  if (data === undefined) return undefined;
  if (data === '@-') return context.stdin;
  if (!data.startsWith('@')) return Readable.from([Buffer.from(data)]);
  const path = resolve(context.cwd, data.slice(1));
  await access(path).catch((cause) => {
    throw cliErrors.usage(`the file of --data cannot be read: ${path}`, { cause });
  });
  return createReadStream(path);
}

export function readHeaders(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(line);
    if (match === null)
      throw cliErrors.usage(`"${line}" is no header`, { remedy: 'Write it as -H "Name: value".' });
    headers[(match[1] ?? '').toLowerCase()] = match[2] ?? '';
  }
  return headers;
}
