/**
 * What resumes GET /v1/live: the id of its messages, and Last-Event-ID. `12`, `12;log=…` or `;log=…`:
 * everything has been told up to that entry of the audit log, and up to there of what else comes.
 */
export interface LivePosition {
  readonly seq?: number;
  readonly log?: string;
  readonly deployment?: string;
}

const FORM = /^(?<seq>\d{1,15})?(;log=(?<log>[\w.:,-]+))?(;deployment=(?<deployment>[\w.:,-]+))?$/;
/** Node takes 16 KiB of headers in all; of 200 machines it is 7,000. */
const MAX_CHARACTERS = 10_000;

/** @returns undefined where there is nothing to resume, or it would be too long to send */
export function formatLivePosition({ seq, log, deployment }: LivePosition): string | undefined {
  const text = [
    seq ?? '',
    ...(log === undefined ? [] : [`log=${log}`]),
    ...(deployment === undefined ? [] : [`deployment=${deployment}`]),
  ].join(';');
  return text === '' || text.length > MAX_CHARACTERS ? undefined : text;
}

/** @returns undefined when it is none */
export function parseLivePosition(text: string): LivePosition | undefined {
  const found = text.length > MAX_CHARACTERS ? undefined : FORM.exec(text)?.groups;
  if (found === undefined) return undefined;
  const { seq, log, deployment } = found;
  return {
    ...(seq !== undefined && { seq: Number(seq) }),
    ...(log !== undefined && { log }),
    ...(deployment !== undefined && { deployment }),
  };
}
