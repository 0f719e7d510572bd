/** With the exporters that programs really use, sending to a server on loopback. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import {
  type Span as ApiSpan,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import type { IngestReport } from '../../contracts/event-query.ts';
import { MAX_INGEST_SPANS } from '../../contracts/ingest-limits.ts';
import type { AppendItem, IngestFormat, IngestSource } from '../ports.ts';
import { KnownIds } from './known-ids.ts';
import { parseIngest } from './parse-ingest.ts';

const source: IngestSource = {
  actor: { type: 'agent', id: 'prn_1', name: 'planner', auth: 'token' },
};
function newKnown() {
  return new KnownIds({ index: { indexed: () => 0, find: () => new Map() }, logSize: 0 });
}

interface Received {
  readonly items: AppendItem['draft'][];
  readonly reports: IngestReport[];
  readonly bodies: { readonly body: Buffer; readonly format: IngestFormat }[];
}

/** Runs `make` with a tracer whose exporter sends to a server that parses and answers. */
async function exported(
  Exporter: typeof JsonExporter | typeof ProtobufExporter,
  make: (open: Opener) => void,
): Promise<Received> {
  const received: Received = { items: [], reports: [], bodies: [] };
  const known = newKnown();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const format =
      request.headers['content-type'] === 'application/json' ? 'otlp-json' : 'otlp-protobuf';
    const parsed = parseIngest(body, { format, source, known, nowMs: Date.now() });
    received.items.push(...parsed.items.map((item) => item.draft));
    received.reports.push(parsed.report);
    received.bodies.push({ body, format });
    const contentType = request.headers['content-type'] ?? '';
    response
      .writeHead(200, { 'Content-Type': contentType })
      .end(format === 'otlp-json' ? '{}' : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'planner', 'swarm.replica': 2 }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter: new Exporter({ url }) as SpanExporter } as never),
    ],
  });
  try {
    const tracer = provider.getTracer('test', '1.2.3');
    make((name, options) => {
      const { parent, attributes = {}, kind = SpanKind.INTERNAL } = options;
      return tracer.startSpan(name, { attributes, kind }, parent);
    });
    await provider.forceFlush();
  } finally {
    await provider.shutdown();
    await new Promise((resolve) => server.close(resolve));
  }
  return received;
}
type Opener = (
  name: string,
  options: {
    readonly parent: Context;
    readonly attributes?: Record<string, string | number | boolean | string[]>;
    readonly kind?: SpanKind;
  },
) => ApiSpan;
const below = (span: ApiSpan) => trace.setSpan(ROOT_CONTEXT, span);

const RUN = '0af7651916cd43dd8448eb211c80319c';
const GATEWAY_SPAN = 'b7ad6b7169203331';
const gateway = trace.setSpanContext(ROOT_CONTEXT, {
  ...{ traceId: RUN, spanId: GATEWAY_SPAN, traceFlags: 1, isRemote: true },
});

/** What an agent behind the gateway sends: server, agent, framework's chat, client's chat, HTTP, tool. */
function oneRun(open: Opener): void {
  const server = open('POST /invoke', { parent: gateway, kind: SpanKind.SERVER });
  const agent = open('invoke_agent planner', {
    parent: below(server),
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.usage.input_tokens': 12,
      'gen_ai.usage.output_tokens': 4,
    },
  });
  const outer = open('ChatOpenAI', {
    parent: below(agent),
    attributes: {
      ...{ 'openinference.span.kind': 'LLM', 'llm.model_name': 'gpt-4o-mini' },
      ...{ 'llm.token_count.prompt': 12, 'llm.token_count.completion': 4 },
      ...{ 'input.value': '{"q":1}', 'input.mime_type': 'application/json' },
    },
  });
  const inner = open('chat gpt-4o-mini', {
    parent: below(outer),
    kind: SpanKind.CLIENT,
    attributes: {
      ...{ 'gen_ai.operation.name': 'chat', 'gen_ai.system': 'openai' },
      ...{ 'gen_ai.response.model': 'gpt-4o-mini-2024', 'gen_ai.request.model': 'gpt-4o-mini' },
      ...{ 'gen_ai.usage.input_tokens': 12, 'gen_ai.usage.output_tokens': 4 },
      ...{ 'gen_ai.usage.cache_read.input_tokens': 8, 'gen_ai.usage.cost': 0.00000125 },
      ...{ 'gen_ai.prompt.0.role': 'user', 'gen_ai.prompt.0.content': 'hi ann@example.com' },
      ...{ 'gen_ai.completion.0.content': 'hello', temperature: 0.5, tags: ['a', 'b'] },
      'http.request.header.authorization': 'Bearer sk-live',
    },
  });
  const http = open('POST', {
    parent: below(inner),
    kind: SpanKind.CLIENT,
    attributes: { 'http.request.method': 'POST' },
  });
  http.end();
  inner.end();
  outer.end();
  const tool = open('execute_tool lookup', {
    parent: below(agent),
    attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'lookup' },
  });
  tool.recordException(new TypeError('no such order'));
  tool.setStatus({ code: SpanStatusCode.ERROR, message: 'failed' });
  tool.end();
  agent.end();
  server.end();
}

for (const [name, Exporter] of [
  ['JSON', JsonExporter],
  ['protobuf', ProtobufExporter],
] as const) {
  test(`${name}: spans become events of the run that the gateway began`, async () => {
    const { items, reports } = await exported(Exporter, oneRun);
    assert.deepEqual(reports, [{ accepted: 6, duplicates: 0, rejected: 0, problems: [] }]);
    const by = new Map(items.map((item) => [item.attributes?.['otel.name'], item]));
    assert.ok(items.every((item) => item.run === RUN && item.kind === 'otel.span'));
    assert.ok(items.every((item) => item.agent === 'planner' && item.replica === 2));
    const chat = by.get('chat gpt-4o-mini');
    assert.equal(chat?.provider, 'openai');
    assert.equal(chat?.model, 'gpt-4o-mini-2024');
    assert.deepEqual(chat?.tokens, { input: 12, output: 4, cacheRead: 8 });
    assert.deepEqual(chat?.cost, { amount: '0.00000125', currency: 'USD', prices: 'reported' });
    assert.match(chat?.time ?? '', /^\d{4}-.*\.\d{9}Z$/);
    assert.deepEqual(chat?.attributes?.tags, ['a', 'b']);
    assert.equal(chat?.attributes?.['http.request.header.authorization'], '[redacted]');
    assert.doesNotMatch(JSON.stringify(chat?.attributes), /ann@example|hello/);
    assert.deepEqual(JSON.parse(Buffer.from(chat?.captured?.request?.head ?? []).toString()), {
      'gen_ai.prompt.0.role': 'user',
      'gen_ai.prompt.0.content': 'hi ann@example.com',
    });
    assert.equal(Buffer.from(chat?.captured?.response?.head ?? []).toString(), 'hello');
    const tool = by.get('execute_tool lookup');
    assert.equal(tool?.tool, 'lookup');
    assert.deepEqual(tool?.error, { code: 'TypeError', message: 'failed' });
    assert.equal(tool?.status, 'error');
    assert.equal(by.get('POST /invoke')?.parent, GATEWAY_SPAN);
    assert.equal(by.get('invoke_agent planner')?.parent, by.get('POST /invoke')?.span);
  });

  test(`${name}: the run's tokens are counted once, and one event is the call`, async () => {
    const { items } = await exported(Exporter, oneRun);
    const input = items.reduce((sum, item) => sum + (item.tokens?.input ?? 0), 0);
    assert.equal(input, 12);
    const by = new Map(items.map((item) => [item.attributes?.['otel.name'], item]));
    const sameAs = (span: string) => by.get(span)?.attributes?.['otel.same_as'];
    assert.equal(sameAs('POST /invoke'), GATEWAY_SPAN);
    assert.equal(sameAs('ChatOpenAI'), by.get('chat gpt-4o-mini')?.span);
    assert.equal(sameAs('POST'), by.get('chat gpt-4o-mini')?.span);
    assert.equal(sameAs('chat gpt-4o-mini'), undefined);
    for (const sum of ['ChatOpenAI', 'invoke_agent planner'])
      assert.deepEqual(by.get(sum)?.attributes?.['otel.usage'], {
        tokens: { input: 12, output: 4 },
      });
  });

  test(`${name}: the same export again adds nothing`, async () => {
    const { bodies } = await exported(Exporter, oneRun);
    const known = newKnown();
    const reports = [1, 2].flatMap(() =>
      bodies.map(
        ({ body, format }) =>
          parseIngest(body, { format, source, known, nowMs: Date.now() }).report,
      ),
    );
    assert.deepEqual(
      reports.map(({ accepted, duplicates, rejected }) => [accepted, duplicates, rejected]),
      [
        [6, 0, 0],
        [0, 6, 0],
      ],
    );
  });
}

test('both encodings of one span make the same event', async () => {
  const json = await exported(JsonExporter, oneRun);
  const protobuf = await exported(ProtobufExporter, oneRun);
  const plain = (received: Received) =>
    received.items.map(({ id, span, parent, time, durationNs, captured, ...rest }) => ({
      ...{ ...rest, content: JSON.stringify(captured) },
      attributes: JSON.stringify(rest.attributes, (name, value) =>
        ['timeUnixNano', 'otel.same_as', 'exception.stacktrace'].includes(name) ? undefined : value,
      ),
    }));
  assert.deepEqual(plain(json), plain(protobuf));
});

for (const convention of ['openinference', 'openllmetry'])
  test(`a run of LangGraph, recorded as ${convention} tells it, is told the same way`, async () => {
    const file = `${import.meta.dirname}/fixtures/langgraph-${convention}.otlp`;
    const { items, report } = parseIngest(await readFile(file), {
      ...{ format: 'otlp-protobuf' as const, source, known: newKnown(), nowMs: RECORDED_MS },
    });
    assert.deepEqual(report.problems, []);
    const events = items.map((item) => item.draft);
    assert.ok(events.every((event) => event.run === RUN && event.agent === 'order-agent'));
    assert.equal(events.filter((event) => event.parent === GATEWAY_SPAN).length, 1);
    const models = events.filter((event) => event.tokens !== undefined);
    assert.deepEqual(
      models.map(({ provider, model, tokens }) => ({ provider, model, tokens })),
      [1, 2].map(() => ({
        ...{ provider: 'fake', model: 'gpt-4o-mini' },
        tokens: { input: 20, output: 5 },
      })),
    );
    assert.deepEqual(
      events.flatMap(({ tool }) => (tool === undefined ? [] : [tool])),
      ['lookup_order'],
    );
    for (const event of events) {
      assert.doesNotMatch(JSON.stringify(event.attributes), /A-7|shipped/);
      if (event.tool !== undefined || event.tokens !== undefined)
        assert.match(Buffer.from(event.captured?.request?.head ?? []).toString(), /A-7/);
    }
  });
/** A day after the recordings in fixtures/ (LangGraph 1.2, a made-up model). */
const RECORDED_MS = Date.parse('2026-11-22T00:00:00Z');

function codeOfBody(body: Buffer | string, format: 'otlp-json' | 'otlp-protobuf') {
  try {
    const { report } = parseIngest(Buffer.from(body as string), {
      ...{ format, source, known: newKnown(), nowMs: Date.now() },
    });
    return report.problems[0]?.code ?? 'taken';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

test('bodies that are no request are refused as a whole; single spans by themselves', () => {
  for (const body of ['', '{', '[]', '{"resourceSpans":1}', '{"resourceSpans":[1]}', '\xff'])
    assert.equal(codeOfBody(Buffer.from(body, 'latin1'), 'otlp-json'), 'otlp_body_invalid', body);
  assert.equal(codeOfBody('{}', 'otlp-json'), 'taken');
  assert.equal(codeOfBody('', 'otlp-protobuf'), 'taken');
  for (const hex of ['0aff', '0a', '0b', 'ff', '0a03120212', '0a0412020a05'])
    assert.equal(codeOfBody(Buffer.from(hex, 'hex'), 'otlp-protobuf'), 'otlp_body_invalid', hex);
  const wrap = (span: object) =>
    JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  const good = {
    ...{ traceId: RUN.toUpperCase(), spanId: GATEWAY_SPAN, name: 'x', kind: 'SPAN_KIND_CLIENT' },
    ...{ startTimeUnixNano: '1767225600000000001', endTimeUnixNano: 1767225600000000500 },
  };
  assert.equal(codeOfBody(wrap(good), 'otlp-json'), 'taken');
  assert.equal(codeOfBody(wrap({ ...good, spanId: '0'.repeat(16) }), 'otlp-json'), 'event_invalid');
  assert.equal(codeOfBody(wrap({ ...good, traceId: 'abc' }), 'otlp-json'), 'event_invalid');
  assert.equal(
    codeOfBody(wrap({ ...good, startTimeUnixNano: '1' }), 'otlp-json'),
    'event_time_invalid',
  );
  assert.equal(
    codeOfBody(wrap({ ...good, startTimeUnixNano: '9'.repeat(19) }), 'otlp-json'),
    'event_time_invalid',
  );
});

test('a body of more spans than are taken at once is refused, whatever they are', () => {
  const body = (count: number) =>
    JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: Array(count).fill({}) }] }] });
  assert.equal(codeOfBody(body(MAX_INGEST_SPANS), 'otlp-json'), 'event_invalid');
  assert.equal(codeOfBody(body(MAX_INGEST_SPANS + 1), 'otlp-json'), 'otlp_body_invalid');
});

test('deep and countless messages are refused, not followed', () => {
  // ExportTraceServiceRequest.resource_spans.resource.attributes.value.array_value.values.…
  let value = Buffer.alloc(0);
  for (let i = 0; i < 200; i++)
    value = Buffer.concat([varintTag(i % 2 === 0 ? 0x2a : 0x0a, value)]);
  const attribute = varintTag(0x0a, varintTag(0x12, value));
  const deep = varintTag(0x0a, varintTag(0x0a, attribute));
  assert.equal(codeOfBody(deep, 'otlp-protobuf'), 'otlp_body_invalid');
  const many = Buffer.alloc(2_200_000, Buffer.from([0x0a, 0x00]));
  assert.equal(codeOfBody(many, 'otlp-protobuf'), 'otlp_body_invalid');
});

function varintTag(tag: number, content: Buffer): Buffer {
  const length: number[] = [];
  let rest = content.length;
  do {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

test('whatever the bytes, a body is taken or refused with a code', async () => {
  const { bodies } = await exported(ProtobufExporter, oneRun);
  const [first] = bodies;
  assert.ok(first !== undefined);
  const seen = new Set<string>();
  const changes = fc.array(fc.tuple(fc.nat({ max: first.body.length - 1 }), fc.nat({ max: 255 })), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(changes, fc.nat({ max: first.body.length }), (edits, length) => {
      const body = Buffer.from(first.body);
      for (const [at, byte] of edits) body[at] = byte;
      seen.add(codeOfBody(length % 3 === 0 ? body.subarray(0, length) : body, 'otlp-protobuf'));
    }),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      seen.add(codeOfBody(JSON.stringify({ resourceSpans: value }), 'otlp-json'));
    }),
  );
  for (const code of seen) assert.match(code, /^(taken|otlp_body_invalid|event_\w+)$/);
});

test('attributes beyond 32 KiB are left out and counted', () => {
  const attributes = Array.from({ length: 40 }, (_, i) => ({
    key: `large.${i}`,
    value: { stringValue: 'x'.repeat(1_000) },
  }));
  const span = {
    ...{ traceId: RUN, spanId: GATEWAY_SPAN, name: 'x', attributes, droppedAttributesCount: 2 },
    ...{ startTimeUnixNano: '1767225600000000001', endTimeUnixNano: '1767225600000000002' },
  };
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
  const { items } = parseIngest(Buffer.from(body), {
    ...{ format: 'otlp-json' as const, source, known: newKnown(), nowMs: Date.now() },
  });
  const kept = items[0]?.draft.attributes ?? {};
  assert.ok(Buffer.byteLength(JSON.stringify(kept)) <= 32_768);
  const large = Object.keys(kept).filter((name) => name.startsWith('large.')).length;
  assert.ok(large > 20);
  assert.equal(kept['otel.dropped_attributes'], 40 - large + 2);
});
