import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventData, prettyJson, saidIn } from './answer-text.ts';

test('of server-sent events the data is read, also while the last one is on its way', () => {
  assert.equal(eventData('event: x\ndata: {"a":1}\n\n: ping\n\ndata:b\r\ndat'), '{"a":1}\nb');
});

test('JSON is laid out, other text is not', () => {
  assert.equal(prettyJson('{"a":[1]}'), '{\n  "a": [\n    1\n  ]\n}');
  assert.equal(prettyJson('{"a":'), undefined);
  assert.equal(prettyJson('plain'), undefined);
});

test('what an agent says is found where agents put it', () => {
  assert.equal(saidIn('{"id":1,"reply":"hello"}'), 'hello');
  assert.equal(saidIn('{"choices":[{"message":{"role":"assistant","content":"hi"}}]}'), 'hi');
  assert.equal(saidIn('{"messages":[{"content":"a"},{"content":"b"}]}'), 'b');
  assert.equal(saidIn('"quoted"'), 'quoted');
  assert.equal(saidIn('not json'), 'not json');
  assert.equal(saidIn('{"n":1}'), '{\n  "n": 1\n}');
});
