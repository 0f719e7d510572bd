/** An audit folder as swarmd leaves it, small enough to be broken in hundreds of ways. */
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { exportEvents } from '../../src/audit/export/export-events.ts';
import { openLogWriter } from '../../src/audit/log/open-log-writer.ts';
import { readFrames } from '../../src/audit/log/segment-reader.ts';
import type { AppendItem, AuditSearch, CommittedLog } from '../../src/audit/ports.ts';
import { type EventProof, proveEvent } from '../../src/audit/proof/prove-event.ts';
import { loadSigningKey } from '../../src/audit/tree/signing-key.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { ExportFormat } from '../../src/contracts/audit-status.ts';
import type { EventResource } from '../../src/contracts/event.ts';
import type { EventKind } from '../../src/contracts/event-kinds.ts';
import type { CapturedPayload } from '../../src/contracts/trail.ts';

export const WORKSPACE = 'default';
const kind = (name: string) => name as EventKind;
const actor = { type: 'human', id: 'prn_1', name: '=root', auth: 'token', token: 'tok_1' } as const;

function captured(n: number): CapturedPayload {
  const head = Buffer.from(JSON.stringify({ question: `how many ${n}, "really"?\nünïcødé` }));
  return {
    policy: { policy: 'full', maxBytes: 65_536, redactPaths: [], redactPatterns: [] },
    request: { head, totalBytes: head.length, contentType: 'application/json' },
  };
}

type Draft = Partial<AppendItem['draft']>;

function item(draft: Draft): AppendItem {
  return { draft: { kind: kind('gateway.call'), actor, phase: 'whole', ...draft } };
}

function call(n: number): AppendItem {
  return item({
    ...{ agent: 'echo', revision: 1, replica: n % 3, machine: `mch_${n}`, tool: 'search' },
    ...{ run: 'a'.repeat(32), span: 'b'.repeat(16), provider: 'openai', model: 'gpt' },
    tokens: { input: n, output: 2 * n },
    cost: { amount: '0.0012', currency: 'USD', prices: 'p1' },
    durationNs: 1_234_567 + n,
    attributes: { path: `/invoke?n=${n}`, 'tricky,"name"': '@SUM(1)\r\n' },
    ...(n % 2 === 0 && { captured: captured(n) }),
  });
}

const changes: readonly Draft[] = [
  { kind: kind('agent.scale'), agent: 'echo', attributes: { before: 1, after: 2 } },
  { kind: kind('token.create') },
  { kind: kind('token.delete'), status: 'error', error: { code: 'gone', message: '-1' } },
  {
    kind: kind('api.read_refused'),
    status: 'refused',
    actor: { type: 'anonymous', id: 'anonymous', name: 'anonymous', auth: 'none', address: '::1' },
  },
  { kind: kind('program.event'), time: '2026-01-31T12:00:00.5Z' },
];

export interface AuditSample {
  /** The folder audit/. */
  readonly dir: string;
  /** Of the key, as it was kept apart. */
  readonly key: string;
  readonly size: number;
  /** Id of an event with an intent and a completion. */
  readonly twoPartId: string;
}

/** Some 700 entries in several segments, with actions in two parts, an erasure and full tiles. */
export async function makeAuditSample(
  dir: string,
  options: { readonly calls?: number } = {},
): Promise<AuditSample> {
  mkdirSync(dir, { recursive: true });
  const log = pino({ level: 'silent' });
  const writer = await openLogWriter({ dir, log, segmentBytes: 150_000 });
  let twoPartId = '';
  try {
    const append = (items: readonly AppendItem[]) => writer.append(WORKSPACE, items);
    for (let n = 0; n < (options.calls ?? 640); n += 40)
      await append(Array.from({ length: 40 }, (_, i) => call(n + i)));
    await append(changes.map(item));
    for (let n = 0; n < 10; n += 1) {
      const [intent] = await append([{ draft: { ...call(n).draft, phase: 'intent' } }]);
      if (intent === undefined) throw new Error('nothing was appended');
      twoPartId = intent.id;
      const { id, seq } = intent;
      await append([item({ ...call(n).draft, phase: 'completion', id, intent: seq })]);
    }
    for (const what of ['payloads', 'events'] as const) {
      const ranges = what === 'payloads' ? [[0, 9]] : [[20, 24]];
      await append([item({ kind: kind('audit.erased'), attributes: { what, ranges } })]);
      await writer.erase(WORKSPACE, { what, ranges: ranges as [number, number][] });
    }
    const { size } = writer.committed(WORKSPACE);
    await writer.publish(WORKSPACE);
    return { dir, size, twoPartId, key: readFileSync(join(dir, 'key.pub'), 'utf8') };
  } finally {
    await writer.close();
  }
}

/** Behind the last frame; kept in memory is none of them. */
function committedOf(dir: string): CommittedLog['end'] {
  const everything = { segment: Number.MAX_SAFE_INTEGER, offset: 0 };
  let end = everything;
  for (const frame of readFrames(dir, { from: { segment: 0, offset: 0 }, to: everything }))
    end = frame.end;
  return end;
}

/** Everything, from the segments: what the index would say, without one. */
function searchOf(folder: string): Pick<AuditSearch, 'entries' | 'caughtUp' | 'get'> {
  const frames = () =>
    readFrames(folder, { from: { segment: 0, offset: 0 }, to: committedOf(folder) });
  return {
    async *entries(_workspace, _terms, { size }) {
      for (const { entries } of frames())
        yield entries
          .filter(({ seq }) => seq < size)
          .map(({ seq, location }) => ({ seq, ...location }));
    },
    caughtUp: async () => undefined,
    async get(_workspace, id) {
      const found = [...frames()]
        .flatMap(({ entries }) => entries)
        .filter(({ leaf }) => leaf?.includes(`"id":"${id}"`))
        .map(({ seq }) => seq);
      const [seq = -1, completedSeq] = found;
      return { seq, ...(completedSeq !== undefined && { completedSeq }) } as EventResource;
    },
  };
}

function published(sample: AuditSample) {
  const folder = join(sample.dir, WORKSPACE);
  return {
    search: searchOf(folder),
    checkpoint: async () => readFileSync(join(folder, 'checkpoint'), 'utf8'),
  };
}

export function exportOf(
  sample: AuditSample,
  format: ExportFormat,
  signal = new AbortController().signal,
): AsyncIterable<Uint8Array> {
  return exportEvents({
    ...published(sample),
    ...{ dir: sample.dir, workspaceId: WORKSPACE, format, signal },
    terms: {},
    query: {},
    clock: systemClock,
  });
}

export function proofOf(sample: AuditSample, eventId: string): Promise<EventProof> {
  const key = loadSigningKey(sample.dir).verifier;
  return proveEvent({
    ...published(sample),
    ...{ dir: sample.dir, workspaceId: WORKSPACE, eventId, key },
  });
}

export function copyFolder(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
}
