import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ingestEvent } from '../../contracts/ingest-event.ts';
import { MAX_ATTRIBUTE_BYTES, MAX_INGEST_LINES } from '../../contracts/ingest-limits.ts';
import { DEFAULT_PAYLOAD_POLICY } from '../../contracts/trail.ts';
import type { IngestSource } from '../ports.ts';
import { eventProblem } from './check-event.ts';
import { jsonProblem } from './check-json.ts';
import { KnownIds } from './known-ids.ts';
import { parseIngest } from './parse-ingest.ts';

const NOW_MS = Date.parse('2026-06-01T12:00:00Z');
const source: IngestSource = {
  actor: { type: 'service', id: 'prn_1', name: 'reporter', auth: 'token', token: 'tok_1' },
};
const noIndex = { indexed: () => 0, find: () => new Map() };

function parse(body: string | Buffer, own: Partial<IngestSource> = {}, known = newKnown()) {
  return parseIngest(Buffer.from(body as string), {
    ...{ format: 'ndjson' as const, nowMs: NOW_MS, known },
    source: { ...source, ...own },
  });
}
function newKnown() {
  return new KnownIds({ index: noIndex, logSize: 0 });
}
/** Code of the only problem of a body of one line. */
function codeOf(line: unknown, own: Partial<IngestSource> = {}) {
  const { report } = parse(typeof line === 'string' ? line : JSON.stringify(line), own);
  return report.problems[0]?.code;
}

test('a line becomes an event of the sender, whatever it says', () => {
  const event = {
    ...{ id: 'a1', time: '2026-06-01T11:59:59.123456789Z', kind: 'program.invoice_sent' },
    ...{ agent: 'billing', run: '0'.repeat(31).concat('1'), tool: 'mail', status: 'error' },
    ...{ error: { code: 'smtp', message: '' }, cost: { amount: '0.25', currency: 'USD' } },
    ...{ tokens: { input: 3 }, attributes: { customer: { id: 7 } } },
  };
  const { items, report } = parse(`${JSON.stringify(event)}\n\n`);
  assert.deepEqual(report, { accepted: 1, duplicates: 0, rejected: 0, problems: [] });
  assert.deepEqual(items, [
    {
      draft: {
        ...event,
        ...{ actor: source.actor, phase: 'whole' },
        cost: { amount: '0.25', currency: 'USD', prices: 'reported' },
      },
    },
  ]);
  for (const key of ['seq', 'recorded', 'workspace', 'actor', 'phase', 'nonce', 'v'])
    assert.equal(codeOf({ [key]: 1 }), 'event_invalid', key);
});

test('a body of more lines than are taken at once is refused whole, however little is in them', () => {
  const lines = (line: string, count: number) => parse(`${line}\n`.repeat(count)).report;
  assert.equal(lines('x', MAX_INGEST_LINES).rejected, MAX_INGEST_LINES);
  for (const line of ['{}', 'x', ' '])
    assert.throws(() => lines(line, MAX_INGEST_LINES + 1), { code: 'event_lines_too_many' });
  assert.equal(lines('', 10 * MAX_INGEST_LINES).rejected, 0);
});

test('what a line leaves out is the least', () => {
  const { items } = parse('{}');
  assert.deepEqual(items, [
    { draft: { kind: 'program.event', status: 'ok', actor: source.actor, phase: 'whole' } },
  ]);
});

test('each wrong line is named with its number and a code; the others are taken', () => {
  const lines = [
    '{"id":"good"}',
    '{"id":',
    '[]',
    '{"id":"x","agnet":"billing"}',
    '{"id":"y","kind":"gateway.call"}',
    '{"id":"z","time":"2026-06-01T12:10:01Z"}',
    '{"time":"1999-12-31T23:59:59Z"}',
    '{"time":"2026-02-29T00:00:00Z"}',
    `{"attributes":{"a":"${'x'.repeat(65_536)}"}}`,
    `{"attributes":{"a":"${'x'.repeat(32_768)}"}}`,
    '{"revision":1.5}',
    '{"attributes":{"a":1e999}}',
    '{"tool":"\\ud800"}',
    `{"attributes":{"a":${'['.repeat(40)}${']'.repeat(40)}}}`,
    '{"attributes":{"__proto__":1}}',
    '{"id":"evt_1"}',
    '{"status":"open"}',
  ];
  const { items, report } = parse(`${lines.join('\r\n')}\n{"id":"last"}`);
  assert.deepEqual(
    items.map((item) => item.draft.id),
    ['good', 'last'],
  );
  assert.equal(report.rejected, lines.length - 1);
  assert.deepEqual(
    report.problems.map(({ line, code }) => `${line} ${code}`),
    [
      '2 event_json_invalid',
      '3 event_invalid',
      '4 event_invalid',
      '5 event_kind_unknown',
      '6 event_time_invalid',
      '7 event_time_invalid',
      '8 event_time_invalid',
      '9 event_too_large',
      '10 event_too_large',
      '11 event_invalid',
      '12 event_invalid',
      '13 event_invalid',
      '14 event_invalid',
      '15 event_invalid',
      '16 event_invalid',
      '17 event_invalid',
    ],
  );
  assert.equal(report.problems[2]?.message, 'unknown field "agnet"; did you mean "agent"?');
  assert.equal(report.problems[2]?.id, 'x');
});

test('ten minutes ahead and the year 2000 are still taken', () => {
  for (const time of ['2026-06-01T12:10:00.999Z', '2000-01-01T00:00:00Z', '2024-02-29T23:59:59Z'])
    assert.equal(codeOf({ time }), undefined, time);
});

test('a line that is not UTF-8 does not spoil the others', () => {
  const body = Buffer.concat([
    Buffer.from('{"id":"ä"}\n{"id":"'),
    Buffer.from([0xff]),
    Buffer.from('"}\n{"id":"c"}'),
  ]);
  const { items, report } = parse(body);
  assert.deepEqual(
    items.map((item) => item.draft.id),
    ['ä', 'c'],
  );
  assert.deepEqual(report.problems, [
    { line: 2, code: 'event_utf8_invalid', message: 'the line is not UTF-8' },
  ]);
});

test('at most 100 problems are listed, and all are counted', () => {
  const { report } = parse('x\n'.repeat(250));
  assert.equal(report.rejected, 250);
  assert.equal(report.problems.length, 100);
});

test('a token for one agent writes for that agent only, and for it by default', () => {
  assert.equal(codeOf({ agent: 'other' }, { agents: ['mine'] }), 'event_agent_forbidden');
  assert.equal(codeOf({}, { agents: ['mine', 'second'] }), 'event_agent_forbidden');
  assert.equal(codeOf({ agent: 'second' }, { agents: ['mine', 'second'] }), undefined);
  assert.equal(parse('{}', { agents: ['mine'] }).items[0]?.draft.agent, 'mine');
});

test('bodies are kept as the policy of the agent says', () => {
  const line = JSON.stringify({
    agent: 'shy',
    payload: { request: 'hello', response: { ok: true } },
  });
  const whole = parse(line).items[0]?.draft.captured;
  assert.equal(Buffer.from(whole?.request?.head ?? []).toString(), 'hello');
  assert.equal(Buffer.from(whole?.response?.head ?? []).toString(), '{"ok":true}');
  assert.equal(whole?.response?.contentType, 'application/json');
  const hashed = parse(line, {
    payloads: {
      agents: { shy: { ...DEFAULT_PAYLOAD_POLICY, policy: 'hash' } },
      others: DEFAULT_PAYLOAD_POLICY,
    },
  }).items[0]?.draft.captured;
  assert.equal(hashed?.request?.head.length, 0);
  assert.equal(hashed?.request?.totalBytes, 5);
  assert.match(hashed?.request?.sha256 ?? '', /^2cf24dba/);
  const cut = parse(line, {
    payloads: { agents: {}, others: { ...DEFAULT_PAYLOAD_POLICY, maxBytes: 2 } },
  }).items[0]?.draft.captured;
  assert.equal(Buffer.from(cut?.request?.head ?? []).toString(), 'he');
  assert.equal(cut?.request?.totalBytes, 5);
});

const near = fc.record(
  {
    id: fc.string({ maxLength: 210 }),
    time: fc.oneof(fc.constant('2026-01-31T12:00:00Z'), fc.integer()),
    kind: fc.constantFrom('program.x', 'otel.span', 'program.', 'Program.x', 'program.x-y', 4),
    status: fc.constantFrom('ok', 'error', 'open', 'unknown', null),
    agent: fc.oneof(fc.string({ maxLength: 102 }), fc.integer()),
    revision: fc.oneof(fc.integer(), fc.double()),
    run: fc.oneof(fc.stringMatching(/^[0-9a-f]{32}$/), fc.stringMatching(/^[0-9A-F]{31,33}$/)),
    span: fc.stringMatching(/^[0-9a-f]{15,17}$/),
    error: fc.oneof(
      fc.record({ code: fc.string(), message: fc.string() }, { requiredKeys: ['code'] }),
      fc.json(),
    ),
    durationNs: fc.oneof(fc.maxSafeNat(), fc.constant(2 ** 53)),
    bytes: fc.record({ in: fc.integer(), out: fc.nat(), up: fc.nat() }, { requiredKeys: [] }),
    tokens: fc.record({ input: fc.nat(), cached: fc.nat() }, { requiredKeys: [] }),
    cost: fc.record(
      {
        amount: fc.constantFrom('1', '1.5', '.5', '1e3', '1234567890123456789', 1),
        currency: fc.constantFrom('USD', 'usd', 'EURO'),
      },
      { requiredKeys: [] },
    ),
    payload: fc.oneof(
      fc.record({ request: fc.jsonValue(), response: fc.jsonValue() }, { requiredKeys: [] }),
      fc.jsonValue(),
    ),
    attributes: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
  },
  { requiredKeys: [] },
);

test('takes what the schema takes, and nothing else', () => {
  const taken = { yes: 0, no: 0 };
  const check = (value: unknown) => {
    const sent: unknown = JSON.parse(JSON.stringify(value) ?? 'null');
    if (jsonProblem(sent) !== undefined) return;
    const bySchema = ingestEvent.safeParse(sent).success;
    const own = eventProblem(sent) === undefined && !/event_(kind|time)/.test(codeOf(sent) ?? '');
    assert.equal(own, bySchema, JSON.stringify({ sent, problem: eventProblem(sent) }));
    taken[own ? 'yes' : 'no']++;
  };
  fc.assert(fc.property(near, check), { numRuns: 3_000 });
  fc.assert(fc.property(fc.jsonValue(), check), { numRuns: 500 });
  // One field at a time, so that right values are as frequent as wrong ones.
  const one = near.chain((value) => fc.subarray(Object.entries(value), { maxLength: 2 }));
  fc.assert(
    fc.property(one, (entries) => check(Object.fromEntries(entries))),
    { numRuns: 3_000 },
  );
  assert.ok(taken.yes > 300 && taken.no > 300, JSON.stringify(taken));
});

test('never throws, whatever the bytes; and what it takes fits an entry', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const { report, items } = parse(Buffer.from(bytes));
      assert.equal(report.accepted, items.length);
    }),
  );
  const wide = JSON.stringify({ attributes: { a: '\u20ac'.repeat(MAX_ATTRIBUTE_BYTES / 3) } });
  assert.equal(codeOf(wide), 'event_too_large');
});
