/**
 * The process that is killed: opens an audit folder and does to it all that swarmd does, from many
 * sides at once. It says on its standard output, before it does the next thing, what was
 * acknowledged; a line that the kill cuts off does not count.
 *
 *   node audit-victim.ts FOLDER SEED WORKSPACES SEGMENT-BYTES      begins when it is told, as JSON,
 * how many entries of each workspace have been looked at
 */

import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { openLogWriter } from '../../src/audit/log/open-log-writer.ts';
import type { AppendItem, AuditSearch, LogWriter } from '../../src/audit/ports.ts';
import { openSearch } from '../../src/audit/search/open-search.ts';
import { SwarmError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { serviceEventActor } from '../../src/contracts/event-actor.ts';
import type { EventKind } from '../../src/contracts/event-kinds.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../../src/contracts/trail.ts';
import { compareIndex } from './compare-index.ts';
import { type SeededRandom, seededRandom } from './seeded-random.ts';
import { INDEX_EVERY } from './victim.ts';
import type { VictimReport } from './victim-report.ts';

const [dir = '', seedText = '1', workspacesText = '1', segmentText = '16384'] =
  process.argv.slice(2);
const actor = serviceEventActor('torture');
const kind = 'torture.event' as EventKind;
const action = 'torture.action' as EventKind;
const erased = 'audit.erased' as EventKind;
/** At the same time, in each workspace. */
const SENDERS = 6;
const OPEN_TIMEOUT_MS = 10_000;

let closing = false;

/** The pipe takes what there is room for: whoever reads it may be slow. Nothing goes on meanwhile. */
function tell(report: VictimReport): void {
  let rest = Buffer.from(`${JSON.stringify(report)}\n`);
  while (rest.length > 0)
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
}

class Sender {
  readonly #writer: LogWriter;
  readonly #workspace: string;
  readonly #random: SeededRandom;
  readonly #name: string;
  /** Entries that have been looked at: only they are erased. */
  readonly #lookedAt: number;
  readonly #hasIndex: boolean;
  #count = 0;

  constructor(
    writer: LogWriter,
    options: { workspace: string; seed: number; name: string; hasIndex: boolean; lookedAt: number },
  ) {
    this.#hasIndex = options.hasIndex;
    this.#writer = writer;
    this.#workspace = options.workspace;
    this.#random = seededRandom(options.seed);
    this.#name = options.name;
    this.#lookedAt = options.lookedAt;
  }

  async run(): Promise<void> {
    while (!closing) {
      const dice = this.#random.below(100);
      try {
        if (dice < 40) await this.#append(1);
        else if (dice < 65) await this.#append(2 + this.#random.below(30));
        else if (dice < 80) await this.#intent();
        else if (dice < 90) await this.#ingest();
        else if (dice < 95) await this.#publish();
        else await this.#erase();
      } catch (error) {
        // A fault that was injected: refused is as good as never sent. It is told, and tried again.
        if (!(error instanceof SwarmError)) throw error;
        if (closing) return;
        // The index is allowed to be behind: whoever sends from outside tries again.
        if (error.code !== 'event_ids_behind')
          tell({ type: 'refused', code: error.code, message: error.message });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  #item(phase: 'whole' | 'intent' = 'whole'): AppendItem & { readonly mark: string } {
    const mark = `${this.#name}-${this.#count++}`;
    const withPayload = this.#random.chance(0.4);
    return {
      mark,
      draft: {
        ...{ kind: phase === 'intent' ? action : kind, actor, phase },
        attributes: { mark, pad: 'x'.repeat(this.#random.below(300)) },
        ...(withPayload && {
          captured: {
            policy: { ...DEFAULT_PAYLOAD_POLICY, policy: 'full' },
            request: bodyOf(mark, this.#random.below(2_000)),
          },
        }),
      },
    };
  }

  async #append(count: number): Promise<void> {
    const items = Array.from({ length: count }, () => this.#item());
    const receipts = await this.#writer.append(this.#workspace, items);
    this.#acknowledged(
      receipts,
      items.map(({ mark }) => mark),
    );
  }

  async #intent(): Promise<void> {
    const item = this.#item('intent');
    const [receipt] = await this.#writer.append(this.#workspace, [item]);
    if (receipt === undefined) throw new Error('no receipt');
    this.#acknowledged([receipt], [item.mark]);
    if (this.#random.chance(0.1)) return;
    const mark = `${item.mark}-end`;
    const draft = {
      ...({ kind: action, actor, phase: 'completion', status: 'ok' } as const),
      ...{ id: receipt.id, intent: receipt.seq, attributes: { mark } },
    };
    this.#acknowledged(await this.#writer.append(this.#workspace, [{ draft }]), [mark]);
  }

  /** Ids from outside are looked up in the index. */
  async #ingest(): Promise<void> {
    if (!this.#hasIndex) return this.#append(1);
    const count = 1 + this.#random.below(40);
    const marks = Array.from({ length: count }, () => `${this.#name}-${this.#count++}`);
    const lines = marks.map((mark) => JSON.stringify({ id: mark, attributes: { mark } }));
    const report = await this.#writer.ingest(this.#workspace, Buffer.from(lines.join('\n')), {
      format: 'ndjson',
      source: { actor },
    });
    if (report.accepted !== count) throw new Error(`not taken: ${JSON.stringify(report)}`);
    tell({ type: 'ingested', workspace: this.#workspace, ids: marks });
  }

  async #publish(): Promise<void> {
    tell({ type: 'begun', what: 'publish' });
    const checkpoint = await this.#writer.publish(this.#workspace);
    tell({ type: 'published', workspace: this.#workspace, checkpoint });
  }

  /** As retention does it: said first, then done. */
  async #erase(): Promise<void> {
    if (this.#lookedAt < 50) return;
    const what = this.#random.chance(0.5) ? 'events' : 'payloads';
    const first = this.#random.below(this.#lookedAt - 10);
    const ranges = [[first, first + this.#random.below(9)]] as const;
    const setting = { agent: null, days: 1 };
    const attributes = {
      what,
      ranges: ranges.map(([from, to]) => [from, to]),
      entries: 1,
      setting,
    };
    const draft = { kind: erased, actor, phase: 'whole', attributes } as const;
    await this.#writer.append(this.#workspace, [{ draft }]);
    tell({ type: 'begun', what: 'erase' });
    await this.#writer.erase(this.#workspace, { what, ranges });
    tell({ type: 'erased', workspace: this.#workspace });
  }

  #acknowledged(
    receipts: readonly { readonly seq: number; readonly id: string }[],
    marks: readonly string[],
  ): void {
    const entries = receipts.map(({ seq, id }, i) => [seq, id, marks[i] ?? ''] as const);
    tell({ type: 'acknowledged', workspace: this.#workspace, entries });
  }
}

function bodyOf(mark: string, bytes: number) {
  const head = Buffer.from(JSON.stringify({ mark, body: 'y'.repeat(bytes) }));
  return { head, totalBytes: head.length, contentType: 'application/json' };
}

/** The last victim's lock may still be held by a process that it had started. */
async function open(): Promise<LogWriter> {
  const deadline = performance.now() + OPEN_TIMEOUT_MS;
  for (;;)
    try {
      const segmentBytes = Number(segmentText);
      return await openLogWriter({ dir, log: silentLogger, segmentBytes, publishAfterMs: 20 });
    } catch (error) {
      const isLocked = error instanceof SwarmError && error.code === 'audit_folder_locked';
      if (!isLocked || performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
}

tell({ type: 'warm' });
const [told] = (await once(process.stdin, 'data')) as [Buffer];
const lookedAt = JSON.parse(told.toString()) as Readonly<Record<string, number>>;
const writer = await open();
const toldToClose = Promise.withResolvers<void>();
process.stdin.on('data', (text: Buffer) => {
  if (text.toString().includes('close')) toldToClose.resolve();
});
writer.onStateChange((state) => tell({ type: 'state', state }));
writer.onCommitted((workspace, { size }) => tell({ type: 'committed', workspace, size }));
const workspaces = Array.from({ length: Number(workspacesText) }, (_, i) => `w${i}`);
for (const workspace of workspaces) {
  // Also makes a workspace that is not there yet, and waits for its recovery.
  await writer.append(workspace, []).catch(() => undefined);
  tell({ type: 'open', workspace, committed: writer.committed(workspace), state: writer.state() });
}
const seed = Number(seedText);
const hasIndex = seed % INDEX_EVERY === 0;
const search: AuditSearch | undefined = hasIndex
  ? await openSearch({ dir, writer, log: silentLogger })
  : undefined;
const sending = workspaces.flatMap((workspace, w) =>
  Array.from({ length: SENDERS }, (_, i) =>
    new Sender(writer, {
      workspace,
      seed: seed * 1_000 + w * 100 + i,
      name: `${seed}-${w}-${i}`,
      hasIndex,
      lookedAt: lookedAt[workspace] ?? 0,
    }).run(),
  ),
);

process.stdin.on('end', () => process.exit(0));
await toldToClose.promise;
closing = true;
await close();

/** Everything that was sent is acknowledged or refused, and the log is closed. */
async function close(): Promise<void> {
  // An erasure that goes on would make two looks at the index differ.
  await Promise.all(sending);
  if (search !== undefined)
    for (const workspace of workspaces) {
      const wrong = await compareIndex({ writer, search }, workspace);
      tell({ type: 'compared', workspace, wrong });
    }
  await search?.close();
  await writer.close();
  for (const workspace of workspaces) {
    const committed = writer.committed(workspace);
    tell({ type: 'closed', workspace, committed, state: { available: true } });
  }
  process.exit(0);
}
