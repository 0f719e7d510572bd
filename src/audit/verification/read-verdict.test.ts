import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readVerdict } from './read-verdict.ts';

const log = { entries: 7, published: 6, root: 'AAAA' };
const said = (more: object) =>
  JSON.stringify({ logs: [log], findings: [], findingsTotal: 0, ...more });
const seen = { entries: 7, treeSize: 6, rootHash: 'AAAA' };

test('what fits is intact', () => {
  assert.deepEqual(readVerdict({ exitCode: 0, stdout: said({}), stderr: '' }), {
    ...{ verdict: 'intact', ...seen, findings: 0, problem: null },
  });
});

test('the first finding is told, with its place, and no longer than needed', () => {
  const findings = [
    {
      code: 'leaf_mismatch',
      message: 'x'.repeat(9_000),
      file: 'segments/0.seg',
      offset: 9,
      seq: 4,
    },
    { code: 'other', message: 'later' },
  ];
  const stdout = said({ findings, findingsTotal: 2_000 });
  assert.deepEqual(readVerdict({ exitCode: 1, stdout, stderr: '' }), {
    ...{ verdict: 'damaged', ...seen, findings: 2_000 },
    problem: {
      ...{ code: 'leaf_mismatch', message: 'x'.repeat(500), file: 'segments/0.seg' },
      ...{ offset: 9, entry: 4 },
    },
  });
});

test('damage stays damage when its report cannot be read; praise that cannot be read is none', () => {
  for (const stdout of ['', '{"logs":', '{}', said({ logs: [] })]) {
    const damaged = readVerdict({ exitCode: 1, stdout, stderr: '' });
    assert.equal(damaged.verdict, 'damaged', stdout);
    assert.equal(readVerdict({ exitCode: 0, stdout, stderr: '' }).verdict, 'none', stdout);
  }
});

test('any other end is no verdict, with what was said last', () => {
  const ended = { exitCode: 2, stdout: '', stderr: 'there is no log\nRun with --help\n' };
  assert.deepEqual(readVerdict(ended), {
    verdict: 'none',
    reason: 'the verifier ended with 2: there is no log',
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 255 }),
      fc.string(),
      fc.string(),
      (exitCode, out, err) => {
        const verdict = readVerdict({ exitCode, stdout: out, stderr: err });
        assert.equal(verdict.verdict, 'none');
      },
    ),
  );
});
