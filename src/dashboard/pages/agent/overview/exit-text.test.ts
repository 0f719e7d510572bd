import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exitText } from './exit-text.ts';

const exit = { exitCode: null, signal: null, oomKilled: false };

test('an exit is told with its code, its signal, or that memory ran out', () => {
  assert.equal(exitText({ exit: { ...exit, exitCode: 3 }, reason: null }), 'exit code 3');
  assert.equal(
    exitText({ exit: { ...exit, signal: 'SIGKILL', oomKilled: true }, reason: 'out of memory' }),
    'out of memory, ended by SIGKILL',
  );
  assert.equal(exitText({ exit: null, reason: 'did not boot' }), 'did not boot');
  assert.equal(exitText({ exit: null, reason: null }), 'no reason was told');
});
