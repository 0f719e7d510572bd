/** A log that is erased while it is read: the announcement may come behind what was read. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Findings } from './findings.ts';
import { LogFixture } from './log-fixture.ts';
import { parseKey } from './signed-note.ts';
import { verifyLog } from './verify-log.ts';

const said = { facts: { agent: 'echo' }, payload: { request: { body: 'body' } } };
const erased = (ranges: number[][]) => ({
  facts: { kind: 'audit.erased', attributes: { what: 'events', ranges } },
});

const SILENT = ['entry_erased_silently', 'payload_erased_silently'];

/** Entry 1 is gone, and nothing says so yet. */
function begun(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-later-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const log = new LogFixture();
  log.commit([said, said, said], { entries: [1] });
  log.write(folder);
  /** @param meanwhile is done when every segment was read */
  const codes = async (meanwhile: () => void) => {
    const findings = new Findings({ strict: true });
    await verifyLog({
      ...{ folder: join(folder, 'default'), workspace: 'default', key: parseKey(log.keyText) },
      ...{ everySignature: true, findings, onProgress: meanwhile },
    });
    return findings.report().findings.map(({ code }) => code);
  };
  return { folder, log, codes };
}

test('an announcement behind what was read counts: in the same segment, and in a new one', async (t) => {
  for (const isNew of [false, true]) {
    const { folder, log, codes } = begun(t);
    const announce = () => {
      if (isNew) log.segment();
      log.commit([erased([[1, 1]])]);
      log.write(folder);
    };
    assert.deepEqual(await codes(announce), [], isNew ? 'a new segment' : 'the same one');
  }
});

test('what nothing announces stays a finding, whatever else is written meanwhile', async (t) => {
  const { folder, log, codes } = begun(t);
  const other = () => {
    log.commit([said, erased([[2, 2]])]);
    log.write(folder);
  };
  assert.deepEqual(await codes(other), SILENT);
});

test('an announcement of a log that another key signed says nothing', async (t) => {
  const { folder, log, codes } = begun(t);
  const forge = () => {
    const forged = new LogFixture();
    forged.commit([said, said, said]);
    forged.segment();
    forged.commit([erased([[1, 1]])]);
    const [name = ''] = [...forged.files().keys()].filter((path) => path.includes('00003.seg'));
    writeFileSync(join(folder, 'default', name), forged.files().get(name) ?? '');
  };
  assert.deepEqual(await codes(forge), SILENT);
  assert.equal(log.size, 3);
});
