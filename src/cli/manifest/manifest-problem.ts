import { basename } from 'node:path';
import type { SwarmError } from '../../base/errors.ts';
import { cliErrors } from '../errors.ts';
import { countText, printable } from '../output/text.ts';
import type { Position } from './yaml-position.ts';

export interface ManifestProblem {
  readonly position: Position;
  /** `spec.helth: unknown key "helth"; did you mean "health"?` */
  readonly message: string;
  readonly remedy?: string;
}

const SHOWN_COLUMNS = 100;

/** `file:line:column: message`, the line, and a mark under what is meant. */
export function problemText(path: string, text: string, problem: ManifestProblem): string {
  const { line, column, length } = problem.position;
  const source = (text.split(/\r?\n/)[line - 1] ?? '').replaceAll('\t', ' ');
  const start = column > SHOWN_COLUMNS - 20 ? column - 20 : 1;
  const shown = printable(source.slice(start - 1, start - 1 + SHOWN_COLUMNS));
  const mark = '^'.repeat(Math.max(1, Math.min(length, shown.length - (column - start))));
  const gutter = String(line);
  return [
    `${path}:${line}:${column}: ${problem.message}`,
    `  ${gutter} | ${shown}`,
    `  ${' '.repeat(gutter.length)} | ${' '.repeat(column - start)}${mark}`,
    ...(problem.remedy === undefined ? [] : [`  → ${problem.remedy}`]),
  ].join('\n');
}

/** One error that tells all problems of the file, in the order of its lines. */
export function manifestInvalid(
  path: string,
  text: string,
  problems: readonly ManifestProblem[],
): SwarmError {
  const sorted = problems.toSorted(
    (a, b) => a.position.line - b.position.line || a.position.column - b.position.column,
  );
  const list = sorted.map((problem) => problemText(path, text, problem)).join('\n');
  return cliErrors.manifest_invalid(
    `${basename(path)} has ${countText(problems.length, 'problem')}\n${list}`,
    {
      details: {
        problems: sorted.map(({ position, message }) => ({
          file: path,
          line: position.line,
          column: position.column,
          message,
        })),
      },
    },
  );
}
