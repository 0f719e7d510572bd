import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownAnswer } from './shown-answer.ts';

const HOSTILE = Buffer.from('grüße\n\u001b]0;title\u0007\u001b[2Jtwo\u009b31m\u202e!\r\n');

test('a terminal gets the text of an answer, wherever it is cut', () => {
  for (let cut = 0; cut <= HOSTILE.length; cut++) {
    const show = shownAnswer({ isTTY: true });
    const shown = `${show(HOSTILE.subarray(0, cut))}${show(HOSTILE.subarray(cut))}`;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(shown, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    assert.match(shown, /^grüße\n.*two.*!\n$/);
  }
});

test('a file or a program gets its bytes', () => {
  assert.equal(shownAnswer({})(HOSTILE), HOSTILE);
  assert.equal(shownAnswer({ isTTY: false })(HOSTILE), HOSTILE);
});
