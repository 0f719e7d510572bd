import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type SeenSpan, SpanMemory } from './span-memory.ts';

const TRACE = '0'.repeat(31).concat('1');
function span(spanId: string, parentId: string | undefined, role: SeenSpan['role']): SeenSpan {
  return { traceId: TRACE, spanId, parentId, role, hasUsage: role === 'model' };
}

test('of a framework span around a client library span, the inner one is counted', () => {
  const outer = span('a', undefined, 'model');
  const middle = span('b', 'a', 'plain');
  const inner = span('c', 'b', 'model');
  assert.deepEqual(new SpanMemory().judge([outer, middle, inner]), ['c', undefined, undefined]);
  const apart = new SpanMemory();
  assert.deepEqual(apart.judge([inner]), [undefined]);
  assert.deepEqual(apart.judge([middle]), [undefined]);
  assert.deepEqual(apart.judge([outer]), ['c']);
  const parentFirst = new SpanMemory();
  assert.deepEqual(parentFirst.judge([outer, middle]), [undefined, undefined]);
  assert.deepEqual(parentFirst.judge([inner]), ['a']);
});

test('a call that a tool or an agent makes is a call of its own', () => {
  const spans = [
    span('a', undefined, 'model'),
    span('t', 'a', 'boundary'),
    span('c', 't', 'model'),
  ];
  assert.deepEqual(new SpanMemory().judge(spans), [undefined, undefined, undefined]);
  const apart = new SpanMemory();
  assert.deepEqual(
    [...spans].reverse().map((one) => apart.judge([one])[0]),
    [undefined, undefined, undefined],
  );
});

test('an HTTP call below a model operation is how it was done', () => {
  const spans = [span('a', undefined, 'model'), span('h', 'a', 'transport')];
  assert.deepEqual(new SpanMemory().judge(spans), [undefined, 'a']);
  assert.deepEqual(new SpanMemory().judge([span('h', 'zz', 'transport')]), [undefined]);
});

test('a repeat gets the same answer', () => {
  const memory = new SpanMemory();
  const spans = [span('a', undefined, 'model'), span('c', 'a', 'model')];
  assert.deepEqual(memory.judge(spans), memory.judge(spans));
});

test('on every line of model operations one is counted, in whatever order and batches they come', () => {
  const chain = fc.record({
    depth: fc.integer({ min: 1, max: 12 }),
    models: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
    /** Each span ends after those below it, and batches cut the sequence anywhere. */
    cuts: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
  });
  fc.assert(
    fc.property(chain, ({ depth, models, cuts }) => {
      const spans = Array.from({ length: depth }, (_, i) =>
        span(`s${i}`, i === 0 ? undefined : `s${i - 1}`, models[i] ? 'model' : 'plain'),
      ).reverse();
      const memory = new SpanMemory();
      let counted = 0;
      for (let begin = 0; begin < depth; ) {
        let end = begin + 1;
        while (end < depth && cuts[end] === true) end++;
        const batch = spans.slice(begin, end);
        const answers = memory.judge(batch);
        counted += batch.filter(
          (one, i) => one.role === 'model' && answers[i] === undefined,
        ).length;
        begin = end;
      }
      assert.equal(counted, spans.some((one) => one.role === 'model') ? 1 : 0);
    }),
  );
});
