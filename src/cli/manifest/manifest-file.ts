import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type Document, LineCounter, parseAllDocuments, type YAMLError } from 'yaml';
import { type Manifest, manifest as manifestSchema } from '../../contracts/manifest.ts';
import { formatIssue, type ValidationIssue, validate } from '../../contracts/validate.ts';
import { cliErrors } from '../errors.ts';
import { bytesText } from '../output/text.ts';
import { type ManifestProblem, manifestInvalid } from './manifest-problem.ts';
import { type Path, positionAt, positionOf } from './yaml-position.ts';

const MAX_BYTES = 256 * 1024;
/** How often aliases may be followed: a few hundred bytes of aliases can mean gigabytes. */
const MAX_ALIASES = 100;

export interface ManifestFile {
  /** As the user named it. */
  readonly path: string;
  /** Absolute; what paths in the file are relative to. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** An error that points at a key of the file. */
  readonly problemAt: (path: Path, message: string, remedy?: string) => Error;
}

/**
 * Reads agent.yaml. Tells all its problems at once, each with line, column and the line itself.
 * @throws manifest_not_found, manifest_unreadable, manifest_invalid
 */
export async function readManifestFile(path: string, cwd: string): Promise<ManifestFile> {
  const absolute = resolve(cwd, path);
  const text = await readText(path, absolute);
  return { ...parseManifest(path, text), path, folder: dirname(absolute) };
}

async function readText(path: string, absolute: string): Promise<string> {
  const info = await stat(absolute).catch((cause: NodeJS.ErrnoException) => cause);
  if (info instanceof Error) throw await notFound(path, absolute, info);
  if (info.isDirectory())
    throw cliErrors.manifest_unreadable(`${path} is a folder`, {
      remedy: `Name the file in it, or deploy the folder: swarm deploy ${path}`,
    });
  if (info.size > MAX_BYTES)
    throw cliErrors.manifest_unreadable(
      `${path} has ${bytesText(info.size)}; an agent.yaml has at most ${bytesText(MAX_BYTES)}`,
    );
  const bytes = await readFile(absolute).catch((cause: NodeJS.ErrnoException) => {
    throw cliErrors.manifest_unreadable(`${path} cannot be read`, { cause });
  });
  return decode(path, bytes);
}

async function notFound(
  path: string,
  absolute: string,
  cause: NodeJS.ErrnoException,
): Promise<Error> {
  if (cause.code !== 'ENOENT')
    return cliErrors.manifest_unreadable(`${path} cannot be read`, { cause });
  const names = await readdir(dirname(absolute)).catch(() => []);
  const other = names.find(
    (name) => /^(agent|swarm)\.ya?ml$/i.test(name) && name !== basename(path),
  );
  const error = `there is no file ${path}`;
  if (other === undefined) return cliErrors.manifest_not_found(error);
  return cliErrors.manifest_not_found(error, {
    remedy: `There is ${join(dirname(path), other)}: swarm deploy --agent ${join(dirname(path), other)}`,
  });
}

function decode(path: string, bytes: Buffer): string {
  const utf16 =
    (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16)
    throw cliErrors.manifest_unreadable(`${path} is in UTF-16`, { remedy: 'Save it as UTF-8.' });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const valid = bytes.toString('utf8').split('\ufffd')[0] ?? '';
    const line = valid.split('\n').length;
    throw cliErrors.manifest_unreadable(`${path}:${line}: not UTF-8`, {
      remedy: 'Save it as UTF-8.',
    });
  }
}

type Parsed = Pick<ManifestFile, 'manifest' | 'problemAt'>;

/** @throws manifest_invalid */
export function parseManifest(path: string, text: string): Parsed {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const fail = (problems: readonly ManifestProblem[]) => manifestInvalid(path, text, problems);
  const first = Array.isArray(documents) ? documents[0] : undefined;
  if (first === undefined || (first.contents === null && first.errors.length === 0))
    throw cliErrors.manifest_invalid(`${path} is empty`, {
      remedy: 'Run "swarm init" to make one that works.',
    });
  const syntax = documents.flatMap((one) => one.errors.map((error) => syntaxProblem(error, lines)));
  if (syntax.length > 0) throw fail(syntax.slice(0, 20));
  const second = documents[1];
  if (second !== undefined)
    throw fail([
      {
        position: positionAt(lines, second.range[0]),
        message: 'a second document begins here; an agent.yaml describes one agent',
        remedy: 'Put each agent in a file of its own.',
      },
    ]);
  const file = { document: first, lines };
  const value = toValue(path, first);
  const result = validate(manifestSchema, value);
  if (!result.ok) {
    const problems = result.issues.map((issue) => issueProblem(file, issue));
    throw fail([...problems, ...twoSources(file, { value, issues: result.issues })]);
  }
  return {
    manifest: result.value,
    problemAt: (at, message, remedy) =>
      fail([
        {
          position: positionOf(file, at, 'value'),
          message,
          ...(remedy !== undefined && { remedy }),
        },
      ]),
  };
}

function toValue(path: string, document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw cliErrors.manifest_invalid(
      `${path} cannot be read: its aliases mean too much or nothing`,
      {
        cause,
        remedy: 'Write the values out instead of naming them with * and &.',
      },
    );
  }
}

interface YamlFile {
  readonly document: Document;
  readonly lines: LineCounter;
}

function issueProblem(file: YamlFile, issue: ValidationIssue): ManifestProblem {
  const isAboutKey = issue.kind === 'unknown_key' || issue.message.startsWith('this key ');
  const position = positionOf(file, issue.path, isAboutKey ? 'key' : 'value');
  return { position, message: formatIssue(issue) };
}

/** The schema looks across keys only when each is right for itself; we tell everything at once. */
function twoSources(
  file: YamlFile,
  found: { value: unknown; issues: readonly ValidationIssue[] },
): ManifestProblem[] {
  const spec = (found.value as { spec?: unknown } | null)?.spec;
  if (typeof spec !== 'object' || spec === null) return [];
  const given = (['image', 'git', 'build'] as const).filter((key) => Object.hasOwn(spec, key));
  const second = given[1];
  if (second === undefined || found.issues.some((issue) => issue.message.includes('two sources')))
    return [];
  return [
    {
      position: positionOf(file, ['spec', second], 'key'),
      message: `spec.${second}: two sources: ${given.join(' and ')}; keep one of them`,
    },
  ];
}

/** The parser's own words, where they do not say what to do. */
const SYNTAX_REMEDIES: Readonly<Record<string, { message: string; remedy: string }>> = {
  TAB_AS_INDENT: { message: 'a tab at the beginning of a line', remedy: 'Indent with spaces.' },
  DUPLICATE_KEY: { message: 'this key is there twice', remedy: 'Keep one of the two.' },
};

function syntaxProblem(error: YAMLError, lines: LineCounter): ManifestProblem {
  const known = SYNTAX_REMEDIES[error.code];
  const position = positionAt(lines, error.pos[0], error.pos[1]);
  if (known !== undefined) return { position, ...known };
  return {
    position,
    message: `not YAML: ${error.message.charAt(0).toLowerCase()}${error.message.slice(1)}`,
  };
}
