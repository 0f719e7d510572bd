import { z } from 'zod';
import { imageErrors } from './errors.ts';
import type { ProjectFiles } from './project-files.ts';

/** What ends up in an instruction must not end it. */
const oneLine = z.string().regex(/^[^\p{Cc}]*$/u, 'has a control character');

/** What of langgraph.json matters to an image; other keys are LangGraph's own. */
const langgraphFile = z.object({
  graphs: z
    .record(z.string(), z.union([z.string(), z.looseObject({ path: z.string() })]))
    .default({}),
  dependencies: z.array(oneLine).default([]),
  env: z
    .union([z.string(), z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))])
    .default({}),
  node_version: z.union([z.string(), z.number()]).optional(),
  python_version: z.union([z.string(), z.number()]).optional(),
});

export interface Langgraph {
  /** Name → `path:variable`. */
  readonly graphs: Readonly<Record<string, string>>;
  readonly dependencies: readonly string[];
  /** Variables, or the path of a file of them, which is never put into an image. */
  readonly env: string | Readonly<Record<string, string>>;
  readonly nodeVersion?: string;
  readonly pythonVersion?: string;
}

/** @throws project_file_invalid */
export function readLanggraph(files: ProjectFiles): Langgraph | undefined {
  const text = files.text('langgraph.json');
  if (text === undefined) return undefined;
  const parsed = langgraphFile.safeParse(parseProjectJson('langgraph.json', text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw imageErrors.project_file_invalid(
      `langgraph.json: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}.`,
    );
  }
  const { graphs, dependencies, env, node_version, python_version } = parsed.data;
  const path = (graph: string | { path: string }) =>
    typeof graph === 'string' ? graph : graph.path;
  return {
    graphs: Object.fromEntries(Object.entries(graphs).map(([name, graph]) => [name, path(graph)])),
    dependencies,
    env:
      typeof env === 'string'
        ? env
        : Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])),
    ...(node_version === undefined ? {} : { nodeVersion: String(node_version) }),
    ...(python_version === undefined ? {} : { pythonVersion: String(python_version) }),
  };
}

/** @throws project_file_invalid with the parser's words, which name line and column. */
export function parseProjectJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw imageErrors.project_file_invalid(`${path} is not valid JSON.`, { cause });
  }
}
