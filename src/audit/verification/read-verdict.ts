/** What the verifier said, from its exit code and its report. */
import { z } from 'zod';
import type { AuditVerification } from '../../contracts/audit-verification.ts';

export type Verdict =
  | Pick<
      AuditVerification,
      'verdict' | 'entries' | 'treeSize' | 'rootHash' | 'findings' | 'problem'
    >
  | { readonly verdict: 'none'; readonly reason: string };

const count = z.number().int().min(0);
const MAX_CODE_LENGTH = 100;
const MAX_TEXT_LENGTH = 500;
const text = z.string().transform((long) => long.slice(0, MAX_TEXT_LENGTH));

const report = z.object({
  logs: z.array(
    z.object({ entries: count, published: count, root: z.string().max(100).optional() }),
  ),
  findings: z.array(
    z.object({
      code: z.string().transform((long) => long.slice(0, MAX_CODE_LENGTH)),
      message: text,
      file: text.optional(),
      offset: count.optional(),
      seq: count.optional(),
    }),
  ),
  findingsTotal: count,
});

/** 0: all fits; 1: something was found; anything else: it was not to be found out. */
export function readVerdict(ended: {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}): Verdict {
  const { exitCode } = ended;
  if (exitCode !== 0 && exitCode !== 1) return { verdict: 'none', reason: lastWords(ended) };
  const said = report.safeParse(parsed(ended.stdout));
  const [log] = said.data?.logs ?? [];
  if (said.data === undefined || log === undefined)
    return exitCode === 0
      ? { verdict: 'none', reason: 'the verifier’s report cannot be read' }
      : { ...DAMAGED, problem: UNREADABLE };
  const [first] = said.data.findings;
  return {
    verdict: exitCode === 0 ? 'intact' : 'damaged',
    ...{ entries: log.entries, treeSize: log.published, rootHash: log.root ?? null },
    findings: said.data.findingsTotal,
    problem:
      first === undefined
        ? null
        : {
            ...{ code: first.code, message: first.message, file: first.file ?? null },
            ...{ offset: first.offset ?? null, entry: first.seq ?? null },
          },
  };
}

const DAMAGED = {
  ...{ verdict: 'damaged' as const, entries: 0, treeSize: 0, rootHash: null, findings: 1 },
};
const UNREADABLE = {
  ...{ code: 'report_unreadable', file: null, offset: null, entry: null },
  message: 'something was found, and the report of it cannot be read: run "swarm audit verify"',
};

function parsed(stdout: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}

function lastWords({ exitCode, stderr }: { exitCode: number; stderr: string }): string {
  const [line = ''] = stderr.split('\n').filter((words) => words.trim() !== '');
  const said = line.slice(0, MAX_TEXT_LENGTH);
  return `the verifier ended with ${exitCode}${said === '' ? '' : `: ${said}`}`;
}
