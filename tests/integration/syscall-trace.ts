/** Reads what `strace -f -y -xx` wrote, and holds acknowledgements against what was durable by then. */

export interface Order {
  readonly frames: number;
  readonly syncs: number;
  readonly acknowledged: number;
  /** Acknowledgements that began before their frame's fdatasync had returned. */
  readonly early: readonly string[];
}

interface Frame {
  readonly first: number;
  readonly end: number;
}

interface Call {
  readonly name: string;
  readonly args: string;
  readonly result: string | undefined;
  readonly isBegin: boolean;
}

const LINE = /^(\d+) +(.*)$/;
const WHOLE = /^(\w+)\((.*)\) += (.*)$/;
const UNFINISHED = /^(\w+)\((.*) <unfinished \.\.\.>$/;
const RESUMED = /^<\.\.\. (\w+) resumed>(.*)\) += (.*)$/;

/** The end of a segment's name, as -xx writes paths. */
const DOT_SEG = '\\x2e\\x73\\x65\\x67>';

/** Of one workspace, whose segments are the only files that end with .seg. */
export function orderOf(trace: string): Order {
  const written: Frame[] = [];
  const syncing = new Map<string, number>();
  const begun = new Map<string, string>();
  const early: string[] = [];
  let [durable, syncs, acknowledged] = [0, 0, 0];

  const take = (pid: string, { name, args, result, isBegin }: Call) => {
    const isSegment = args.includes(DOT_SEG);
    if (name === 'write' && isBegin && /^1</.test(args))
      for (const seq of acknowledgedBy(args)) {
        acknowledged++;
        if (seq >= durable) early.push(`entry ${seq} at ${durable} durable entries`);
      }
    if (name.startsWith('pwrite') && isSegment && Number(result) > 0) {
      const frame = frameOf(args);
      if (frame !== undefined) written.push(frame);
    }
    if (name !== 'fdatasync' || !isSegment) return;
    // What is written while it goes on, it need not have made durable.
    if (isBegin) syncing.set(pid, written.at(-1)?.end ?? 0);
    if (result === undefined || !result.startsWith('0')) return;
    syncs++;
    durable = Math.max(durable, syncing.get(pid) ?? 0);
  };

  for (const line of trace.split('\n')) {
    const [, pid = '', text = ''] = LINE.exec(line) ?? [];
    const [, wholeName, wholeArgs = '', wholeResult] = WHOLE.exec(text) ?? [];
    if (wholeName !== undefined)
      take(pid, { name: wholeName, args: wholeArgs, result: wholeResult, isBegin: true });
    const [, beginName, beginArgs = ''] = UNFINISHED.exec(text) ?? [];
    if (beginName !== undefined) {
      begun.set(pid, beginArgs);
      take(pid, { name: beginName, args: beginArgs, result: undefined, isBegin: true });
    }
    const [, endName, , endResult] = RESUMED.exec(text) ?? [];
    if (endName !== undefined)
      take(pid, {
        ...{ name: endName, args: begun.get(pid) ?? '', result: endResult, isBegin: false },
      });
  }
  return { frames: written.length, syncs, acknowledged, early };
}

/** The bytes of the first text in the arguments. */
function bytesOf(args: string): Buffer {
  const [, text = ''] = /"((?:\\x[0-9a-f]{2})*)"/.exec(args) ?? [];
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}

function frameOf(args: string): Frame | undefined {
  const bytes = bytesOf(args);
  if (bytes.length < 16 || bytes.toString('latin1', 0, 4) !== 'SWFR') return undefined;
  const first = Number(bytes.readBigUInt64LE(8));
  return { first, end: first + bytes.readUInt32LE(4) };
}

function acknowledgedBy(args: string): number[] {
  const report = JSON.parse(bytesOf(args).toString()) as {
    readonly type: string;
    readonly entries?: readonly (readonly [number, string, string])[];
  };
  return report.type === 'acknowledged' ? (report.entries ?? []).map(([seq]) => seq) : [];
}
