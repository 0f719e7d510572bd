import type { Writable } from 'node:stream';
import pc from 'picocolors';
import { fitted, tableText } from './table.ts';

export type Colors = ReturnType<typeof pc.createColors>;
export type Format = 'json' | 'table';

export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Where a command says what it has to say. Results go to standard output, all else to the error output. */
export interface Output {
  readonly format: Format;
  readonly quiet: boolean;
  /** Of standard output. */
  readonly colors: Colors;
  /** Of the error output. */
  readonly errorColors: Colors;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** May progress be drawn, moving the cursor? Only on a terminal, and not with JSON or quiet. */
  readonly live: boolean;
  /** A result: one JSON value on one line for streams, indented when it is all there is. */
  json(value: unknown): void;
  jsonLine(value: unknown): void;
  line(text: string): void;
  /** `fit`: lines are cut to the terminal's width. */
  table(
    headers: readonly string[],
    rows: readonly (readonly string[])[],
    options?: { readonly fit?: boolean },
  ): void;
  /** What happens, for people; silent with --quiet. */
  note(text: string): void;
  /** A table of that, cut to the terminal's width. */
  noteTable(headers: readonly string[], rows: readonly (readonly string[])[]): void;
}

export interface OutputOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: NodeJS.ProcessEnv;
  readonly format: Format;
  readonly quiet: boolean;
  /** False: --no-color. */
  readonly color: boolean;
}

/** https://no-color.org: NO_COLOR when set and not empty; FORCE_COLOR likewise the other way. */
export function wantsColor(
  stream: OutputStream,
  options: Pick<OutputOptions, 'env' | 'color'>,
): boolean {
  if (!options.color || options.env.NO_COLOR) return false;
  if (options.env.FORCE_COLOR) return true;
  return stream.isTTY === true && options.env.TERM !== 'dumb';
}

export function createOutput(options: OutputOptions): Output {
  const { stdout, stderr, format, quiet } = options;
  return {
    format,
    quiet,
    stdout,
    stderr,
    colors: pc.createColors(wantsColor(stdout, options)),
    errorColors: pc.createColors(wantsColor(stderr, options)),
    live: stderr.isTTY === true && options.env.TERM !== 'dumb' && format !== 'json' && !quiet,
    json: (value) => void stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    jsonLine: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    line: (text) => void stdout.write(`${text}\n`),
    table: (headers, rows, options) => {
      const text = tableText(headers, rows);
      stdout.write(options?.fit === true ? fittedLines(text, stdout) : text);
    },
    note: (text) => {
      if (!quiet) stderr.write(`${text}\n`);
    },
    noteTable: (headers, rows) => {
      if (!quiet) stderr.write(fittedLines(tableText(headers, rows), stderr));
    },
  };
}

function fittedLines(text: string, stream: OutputStream): string {
  return text.replace(/.+/g, (line) => fitted(line, stream));
}
