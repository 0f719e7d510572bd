import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from './command.ts';

const collect = async (script: string): Promise<string[]> => {
  const lines: string[] = [];
  await run('sh', ['-c', script], { timeoutMs: 60_000, onLine: (line) => lines.push(line) });
  return lines;
};

test('lines are told without their ends, the last one too', async () => {
  assert.deepEqual(await collect('printf "a\\n\\nb"'), ['a', '', 'b']);
});

test('a line that does not end is told in pieces, so that it is never kept whole', async () => {
  const lines = await collect('head -c 5000000 /dev/zero | tr "\\0" x');
  assert.equal(lines.join('').length, 5_000_000);
  for (const line of lines) assert.ok(line.length < 200_000, `${line.length}`);
});
