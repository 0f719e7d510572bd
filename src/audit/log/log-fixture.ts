/** For tests: a workspace's log in a folder of its own, written without threads. */
import { fdatasyncSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { serviceEventActor } from '../../contracts/event-actor.ts';
import type { EventKind } from '../../contracts/event-kinds.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../../contracts/trail.ts';
import type { AppendItem } from '../ports.ts';
import { ensureSigningKey } from '../tree/signing-key.ts';
import { Publisher } from './publisher.ts';
import { EventIds, RandomPool } from './random-pool.ts';
import { readFrames } from './segment-reader.ts';
import { WorkspaceLog, type WorkspaceLogOptions } from './workspace-log.ts';

export interface LogFixture {
  /** The audit folder. */
  readonly home: string;
  /** The workspace's. */
  readonly dir: string;
  readonly options: WorkspaceLogOptions;
}

export function makeAuditFolder(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'audit-log-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

export function makeLogFixture(t: TestContext, segmentBytes = 64 * 1024 * 1024): LogFixture {
  const home = makeAuditFolder(t);
  const signer = ensureSigningKey(home);
  const dir = join(home, 'default');
  const random = new RandomPool();
  const sources = { random, ids: new EventIds(random) };
  return { home, dir, options: { dir, workspaceId: 'default', signer, segmentBytes, sources } };
}

export function testItem(name: string, more: Partial<AppendItem['draft']> = {}): AppendItem {
  const kind = 'test.happened' as EventKind;
  const actor = serviceEventActor('test');
  return { draft: { kind, actor, phase: 'whole', attributes: { name }, ...more } };
}

/** With a payload of its own. */
export function testCall(name: string, body: string): AppendItem {
  const policy = { ...DEFAULT_PAYLOAD_POLICY, policy: 'full' as const, maxBytes: 16 * 1024 * 1024 };
  const head = Buffer.from(body);
  return testItem(name, { captured: { policy, request: { head, totalBytes: head.length } } });
}

/** One commit. */
export function commitItems(log: WorkspaceLog, items: readonly AppendItem[]): void {
  log.stage(items, { ms: Date.now(), iso: new Date().toISOString() });
  while (log.hasStaged) {
    fdatasyncSync(log.write(Date.now()));
    log.commit();
  }
}

/** Opens, does, and closes. */
export function withLog<T>(options: WorkspaceLogOptions, act: (log: WorkspaceLog) => T): T {
  const log = WorkspaceLog.open(options);
  try {
    return act(log);
  } finally {
    log.close();
  }
}

export async function publishLog(options: WorkspaceLogOptions): Promise<string> {
  const log = WorkspaceLog.open(options);
  try {
    return await new Publisher(options.dir).publish(log);
  } finally {
    log.close();
  }
}

/** Names of all entries, in order; `(erased)` where there is none any more. */
export function storedNames(options: WorkspaceLogOptions): string[] {
  const { end } = withLog(options, (log) => log.committed);
  const names: string[] = [];
  for (const frame of readFrames(options.dir, { from: { segment: 0, offset: 0 }, to: end }))
    for (const { leaf } of frame.entries)
      names.push(leaf === undefined ? '(erased)' : JSON.parse(leaf.toString()).attributes.name);
  return names;
}
