/** No bytes make the verifier throw, and none make it look elsewhere than at what they are. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { csvFields } from './csv-row.ts';
import { FORMATS, RowProblem, readRow } from './export-rows.ts';
import { Findings } from './findings.ts';
import { LogFixture } from './log-fixture.ts';
import { NoteProblem, openCheckpoint, openNote, parseKey } from './signed-note.ts';
import { parseTilePath, tilePath } from './tile-path.ts';
import { verifyExport } from './verify-export.ts';
import { verifyProof } from './verify-proof.ts';
import { verifySegment } from './verify-segment.ts';

let folder: string;
let log: LogFixture;
let segment: Buffer;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'swarm-fuzz-'));
  log = new LogFixture();
  for (let n = 0; n < 6; n += 1)
    log.commit([{ facts: { agent: `a${n}` }, payload: { request: { body: 'x' } } }, { facts: {} }]);
  log.write(folder);
  segment = readFileSync(join(folder, 'default/segments/00000000000000000000.seg'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 });

test('any change of a segment is found by whom nothing was published to, or is a torn tail', () => {
  const path = join(folder, 'fuzzed.seg');
  fc.assert(
    fc.property(changes, fc.nat(), fc.uint8Array({ maxLength: 80 }), (bytes, cut, more) => {
      const fuzzed = Buffer.from(segment);
      for (const [at, value] of bytes) fuzzed[at % fuzzed.length] = value;
      const kept = cut % 3 === 0 ? fuzzed.subarray(0, cut % fuzzed.length) : fuzzed;
      const written = Buffer.concat([kept, more]);
      writeFileSync(path, written);
      const result = verifySegment({
        ...{ path, file: 'fuzzed.seg', first: 0, isLast: true, workspace: 'default' },
        ...{ keyText: log.keyText, origin: log.origin, wantedSizes: [12], publishedSize: 0 },
        everySignature: true,
        partialTiles: [],
      });
      const told =
        result.report.findingsTotal +
        result.report.notesTotal +
        result.mismatchesTotal +
        result.erasedEntries.length +
        result.erasedPayloads.length;
      assert.equal(told > 0, !written.equals(segment));
    }),
    { numRuns: 400 },
  );
});

const noise = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  fc.json().map((text) => Buffer.from(text)),
);

test('keys, notes, tiles and rows that are none are said to be none', () => {
  const key = parseKey(log.keyText);
  const throwsOnly = (act: () => unknown, problem: new (...args: never[]) => Error) => {
    try {
      act();
    } catch (error) {
      assert.ok(error instanceof problem, String(error));
    }
  };
  fc.assert(
    fc.property(noise, fc.nat(3), (bytes, index) => {
      const text = bytes.toString('utf8');
      throwsOnly(() => parseKey(text), NoteProblem);
      throwsOnly(() => openNote(bytes, key), NoteProblem);
      throwsOnly(() => openCheckpoint(bytes, key), NoteProblem);
      const tile = parseTilePath(text);
      if (tile !== undefined) assert.equal(tilePath(tile), text);
      csvFields(text);
      for (const format of FORMATS)
        throwsOnly(
          () => readRow(`${text}\r\n`, { format, index, workspace: 'default' }),
          RowProblem,
        );
      const entry = `{"entry":${text}}\n`;
      throwsOnly(() => readRow(entry, { format: 'jsonl', index, workspace: 'w' }), RowProblem);
      const ocsf = `${JSON.stringify({ raw_data: text })}\n`;
      throwsOnly(() => readRow(ocsf, { format: 'ocsf', index, workspace: 'w' }), RowProblem);
    }),
    { numRuns: 1000 },
  );
});

test('proofs and tar files that are none are findings', () => {
  const key = parseKey(log.keyText);
  const path = join(folder, 'fuzzed.tar');
  fc.assert(
    fc.property(noise, fc.boolean(), (bytes, asJson) => {
      const proof = asJson
        ? Buffer.from(JSON.stringify({ format: 'swarm-proof/v1', entries: [bytes.toString()] }))
        : bytes;
      const findings = new Findings({ strict: true });
      const nothing = { kept: undefined, workspace: undefined, entry: undefined };
      verifyProof(proof, { ...nothing, key, findings });
      assert.ok(findings.total > 0);
      writeFileSync(path, bytes);
      const more = new Findings({ strict: true });
      verifyExport(path, { key, kept: undefined, findings: more });
      assert.ok(more.total > 0);
    }),
    { numRuns: 300 },
  );
});
