import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { traceContextOf } from './trace-context.ts';

const RUN = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

test('the caller’s trace goes on with a span of the call’s own', () => {
  const trace = traceContextOf({
    traceparent: `00-${RUN}-${SPAN}-03`,
    tracestate: ' vendor=a=b , t1@sys=x,,',
  });
  assert.deepEqual([trace.run, trace.parent], [RUN, SPAN]);
  assert.notEqual(trace.span, SPAN);
  assert.equal(trace.traceparent, `00-${RUN}-${trace.span}-03`);
});

test('flags that are not known are not passed on; a later version may say more', () => {
  const { run, traceparent } = traceContextOf({ traceparent: `cc-${RUN}-${SPAN}-f9-more.of-it` });
  assert.equal(run, RUN);
  assert.match(traceparent, /^00-.*-01$/);
});

test('malformed in any way: a new trace, and no state', () => {
  for (const traceparent of [
    ...['', 'x', `00-${RUN}-${SPAN}`, `00-${RUN}-${SPAN}-1`, `00-${RUN}-${SPAN}-01-`],
    ...[
      `ff-${RUN}-${SPAN}-01`,
      `00-${'0'.repeat(32)}-${SPAN}-01`,
      `00-${RUN}-${'0'.repeat(16)}-01`,
    ],
    ...[`00-${RUN.toUpperCase()}-${SPAN}-01`, `00-${RUN}-${SPAN}-01, 00-${RUN}-${SPAN}-01`],
    ...[
      ` 00-${RUN}-${SPAN}-01`,
      `01-${RUN}-${SPAN}-01x`,
      `cc-${RUN}-${SPAN}-01-${'x'.repeat(999)}`,
    ],
  ]) {
    const trace = traceContextOf({ traceparent, tracestate: 'a=b' });
    assert.notEqual(trace.run, RUN, traceparent);
    assert.deepEqual([trace.parent, trace.tracestate], [undefined, undefined], traceparent);
  }
});

test('a state that is malformed is dropped, a good one passes', () => {
  const state = (tracestate: string) =>
    traceContextOf({ traceparent: `00-${RUN}-${SPAN}-01`, tracestate }).tracestate;
  assert.equal(state('vendor=a, t1@sys=x y'), 'vendor=a,t1@sys=x y');
  for (const bad of ['', 'a', 'A=1', 'a=1,a=2', 'a=\u00e9', '=1', `a=${'x'.repeat(600)}`])
    assert.equal(state(bad), undefined, bad);
  assert.equal(state(Array.from({ length: 33 }, (_, i) => `k${i}=1`).join()), undefined);
});

test('ids are well-formed and differ, whatever the headers are', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.string(), fc.string(), (traceparent, tracestate) => {
      const { run, span, traceparent: own } = traceContextOf({ traceparent, tracestate });
      assert.match(own, /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
      assert.equal(own.slice(3, 52), `${run}-${span}`);
      seen.add(span);
    }),
    { numRuns: 1_000 },
  );
  assert.equal(seen.size, 1_000);
});
